import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Server as GrpcServer, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import type { ProcessingResponse } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../../../src/proto/services.ts';
import { conformanceCases } from '../../../tools/conformance/cases/index.ts';
import { checkConformance } from '../../../tools/conformance/conformance.ts';
import { conformanceDefaults, parseConformanceFlags } from '../../../tools/conformance/conformanceOptions.ts';
import { formatCaseResult } from '../../../tools/conformance/report/conformanceReport.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

/** Nothing that a picker does keeps the suite from ending with a verdict. */
checkForLeaks();

const known = conformanceCases.map(({ name }) => name);
const only = ['health/server', 'decision/get', 'body/one-piece', 'subset/unknown', 'stream/half-close'];

function check(target: string) {
  const parsed = parseConformanceFlags({ ...conformanceDefaults, target, only, timeoutMs: '400' }, known);
  if (parsed.kind === 'problems') throw new Error(parsed.problems.join('; '));
  return checkConformance(parsed.options);
}

describe('when there is no gRPC at the other side', () => {
  const sockets: Socket[] = [];
  let server: Server;
  const listen = async (onConnection: (socket: Socket) => void): Promise<string> => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
  });

  it.each<[string, (socket: Socket) => void]>([
    ['closes connections', (socket) => socket.destroy()],
    ['sends garbage', (socket) => socket.write(Buffer.alloc(100_000, 0xff))],
    ['speaks HTTP/1', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('a peer that %s is unreachable', async (_what, onConnection) => {
    await expect(check(await listen(onConnection))).rejects.toMatchObject({ code: 'target-unreachable' });
  });
});

describe('when the other side is no picker', () => {
  let server: Http2Server;
  afterEach(() => {
    server.close();
  });

  it.each<[string, Parameters<Http2Server['on']>[1]]>([
    ['resets every stream', (stream) => stream.close(2)],
    [
      'answers with a web page',
      (stream) => stream.respond({ ':status': 200, 'content-type': 'text/html' }, { endStream: true }),
    ],
    ['never answers', () => {}],
  ])('every case fails, and it ends: a server that %s', async (_what, onStream) => {
    server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      (onStream as (...args: unknown[]) => void)(stream, headers);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { passed, failed } = await check(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect({ passed, failed }).toEqual({ passed: 0, failed: only.length });
  });
});

describe('when the picker is hostile', () => {
  type Call = ServerDuplexStream<unknown, ProcessingResponse>;
  let server: GrpcServer;
  const listen = async (onCall: (call: Call) => void): Promise<string> => {
    server = new GrpcServer();
    server.addService(externalProcessorService, {
      Process: (call: Call) => {
        call.on('error', () => {});
        onCall(call);
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return `127.0.0.1:${port}`;
  };
  afterEach(() => {
    server.forceShutdown();
  });

  it('one that sends without end is cut off', async () => {
    const piece = { response: { body_mutation: { streamed_response: { body: Buffer.alloc(1_000_000) } } } };
    const target = await listen((call) => {
      const flood = (): void => {
        while (!call.cancelled && call.write({ request_body: piece })) {}
        if (!call.cancelled) call.once('drain', flood);
      };
      flood();
    });
    const { passed, cases } = await check(target);
    expect(passed).toBe(0);
    expect(cases).toHaveLength(only.length);
  });

  it('texts of it reach no terminal as they are', async () => {
    const target = await listen((call) => {
      call.emit('error', { code: 3, details: '\u001b[2J gone' });
    });
    const { cases } = await check(target);
    const lines = cases.map(formatCaseResult).join('\n');
    expect(lines).toContain('gone');
    expect(lines).not.toContain('\u001b');
  });
});
