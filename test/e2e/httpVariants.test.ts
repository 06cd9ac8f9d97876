import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import {
  credentials,
  Server as GrpcServer,
  Metadata,
  makeGenericClientConstructor,
  ServerCredentials,
} from '@grpc/grpc-js';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { connectionManagerOf } from '../support/envoyWindows.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { responseTo } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';

/** Requests that are no plain HTTP/1.1 or HTTP/2 exchange, through the shipped Envoy file. */
const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});
checkForLeaks();

describe('with a pod that speaks HTTP/1.1', () => {
  const topology = useTopology(async () => ({
    instances: 1,
    etcd: false,
    externalPods: [await startPod()],
    amendEnvoy: (bootstrap) => {
      connectionManagerOf(bootstrap).request_timeout = '2s';
    },
  }));
  const addressOf = () => new URL(topology().envoy.url);

  it('carries a WebSocket, as one exchange that counts until it closes', async () => {
    const socket = new WebSocket(`${topology().envoy.url.replace('http', 'ws')}/v1/realtime`);
    const echoed = new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => reject(new Error('the WebSocket failed'));
    });
    socket.onopen = () => socket.send('hello');
    expect(await echoed).toBe('hello');
    const [instance] = topology().instances;
    expect((await instance?.state())?.pool).toMatchObject([{ local: 1 }]);
    socket.close();
    await allCountsReturnToZero(topology());
  });

  it('ends a request that is not complete in time, but no answer or WebSocket that has begun', async () => {
    const { url } = topology().envoy;
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/realtime`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error('the WebSocket failed'));
    });
    const long = await fetch(`${url}/held`);
    const early = await beginEarlyAnswer(addressOf());
    const unfinished = request(`${url}/x`, { method: 'POST', agent: false });
    unfinished.write('a');
    expect((await responseTo(unfinished)).status).toBe(408);
    early.call.end('b');
    expect(await early.answer).toBe('begun POST /early ab');
    await fetch(`${url}/end`);
    expect(await long.text()).toBe('begun and ended');
    const echoed = new Promise((resolve) => {
      socket.onmessage = ({ data }) => resolve(data);
    });
    socket.send('still there');
    expect(await echoed).toBe('still there');
    socket.close();
    await allCountsReturnToZero(topology());
  });

  it.each(['', 'Host: pods\r\n'])('answers HTTP/1.0 with the headers %j', async (headers) => {
    const { hostname, port } = addressOf();
    const answer = await exchangeBytes(hostname, Number(port), `GET /x HTTP/1.0\r\n${headers}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.[01] 200 /);
    expect(answer).toMatch(/\r\n\r\nGET \/x$/);
  });

  it('sends a CORS preflight to a pod, which decides', async () => {
    const answer = await fetch(`${topology().envoy.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('answers HEAD with the headers of the pod and no body', async () => {
    const answer = await fetch(`${topology().envoy.url}/x`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('x-pod'), await answer.text()]).toEqual([200, 'yes', '']);
  });

  it('tells a client that expects 100-continue to send its body', async () => {
    const { hostname, port } = addressOf();
    const body = await new Promise<string>((resolve, reject) => {
      const call = request({ host: hostname, port, path: '/x', method: 'POST', agent: false });
      call.setHeader('expect', '100-continue');
      call.setHeader('content-length', '5');
      call.on('continue', () => call.end('12345'));
      call.on('error', reject);
      call.on('response', async (response) => resolve((await response.toArray()).join('')));
      call.flushHeaders();
    });
    expect(body).toBe('POST /x 12345');
  });

  it('drops the trailers of an HTTP/1.1 pod and keeps its answer', async () => {
    const answer = await fetch(`${topology().envoy.url}/trailers`);
    expect([answer.status, await answer.text()]).toEqual([200, 'GET /trailers']);
    await allCountsReturnToZero(topology());
  });
});

describe('with a pod that speaks gRPC, and Envoy set up for it as its comments say', () => {
  const topology = useTopology(async () => ({
    instances: 1,
    etcd: false,
    externalPods: [await startGrpcPod()],
    baton: { pool: { probe: { enabled: false } } },
    amendEnvoy: speakGrpc,
  }));

  it('carries messages both ways and the status in trailers', async () => {
    const client = new EchoClient(new URL(topology().envoy.url).host, credentials.createInsecure());
    try {
      const { code, trailer, received } = await new Promise<Record<string, unknown>>((resolve) => {
        const texts: string[] = [];
        const call = client.makeBidiStreamRequest('/test.Echo/Chat', identity, identity);
        call.on('data', (part: Buffer) => texts.push(part.toString()));
        call.on('error', () => {});
        call.on('status', (end) => {
          resolve({ code: end.code, trailer: end.metadata.get('x-end'), received: texts });
        });
        call.write(Buffer.from('a'));
        call.write(Buffer.from('b'));
        call.end();
      });
      expect({ code, trailer, received }).toEqual({ code: 0, trailer: ['yes'], received: ['a', 'b'] });
    } finally {
      client.close();
    }
    await allCountsReturnToZero(topology());
  });
});

const identity = (bytes: Buffer): Buffer => bytes;
const chat = {
  path: '/test.Echo/Chat',
  requestStream: true,
  responseStream: true,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
};
const EchoClient = makeGenericClientConstructor({ Chat: chat }, 'Echo');

async function startGrpcPod(): Promise<string> {
  const server = new GrpcServer();
  server.addService({ Chat: chat } as never, {
    Chat: (call: import('@grpc/grpc-js').ServerDuplexStream<Buffer, Buffer>) => {
      const end = new Metadata();
      end.set('x-end', 'yes');
      call.on('data', (part: Buffer) => call.write(part));
      call.on('end', () => call.end(end));
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  closers.push(async () => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

function speakGrpc({ static_resources: { clusters } }: EnvoyBootstrap): void {
  const pods = clusters.find(({ name }) => name === 'model_pods');
  const options = Object.values(pods?.typed_extension_protocol_options as Record<string, unknown>)[0] as {
    explicit_http_config: object;
  };
  options.explicit_http_config = { http2_protocol_options: {} };
  // The pod of this test has no health service.
  if (pods) pods.health_checks = [];
}

/** A request whose answer begins before its body ends. Resolves when the answer has begun. */
async function beginEarlyAnswer({ hostname, port }: URL) {
  const call = request({ host: hostname, port, path: '/early', method: 'POST', agent: false });
  call.write('a');
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return { call, answer: response.toArray().then((parts) => parts.join('')) };
}

async function startPod(): Promise<string> {
  const held: ServerResponse[] = [];
  const server = createServer(async (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    if (method === 'OPTIONS') {
      response.writeHead(204, { 'access-control-allow-origin': headers.origin ?? '' }).end();
      return;
    }
    if (url === '/held') {
      response.write('begun ');
      held.push(response);
      return;
    }
    if (url === '/end') for (const answer of held) answer.end('and ended');
    if (url === '/early') response.write('begun ');
    // Envoy gives up one that is not complete in time.
    const body = (await incoming.toArray().catch(() => [])).join('');
    if (!response.headersSent) response.setHeader('x-pod', 'yes');
    if (url === '/trailers') response.writeHead(200, { trailer: 'x-end' }).addTrailers({ 'x-end': 'yes' });
    response.end([method, url, body].join(' ').trim());
  });
  server.on('upgrade', (incoming, socket: Socket) => {
    const key = `${incoming.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => {});
    socket.on('data', (frame) => {
      socket.write(unmasked(frame));
      const isClose = ((frame[0] ?? 0) & 0x0f) === 8;
      if (isClose) socket.end();
    });
  });
  await listen(server);
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The short frame of a client, as a server sends it. */
function unmasked(frame: Buffer): Buffer {
  const length = (frame[1] ?? 0) & 0x7f;
  const [mask, payload] = [frame.subarray(2, 6), frame.subarray(6, 6 + length)];
  const plain = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([frame[0] ?? 0, length]), plain]);
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
}

function exchangeBytes(host: string, port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, host, () => socket.write(bytes));
    socket.setEncoding('latin1');
    socket.on('data', (part) => {
      received += part;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}
