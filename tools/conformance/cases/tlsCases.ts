import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';
import { splitHostPort } from '../../../src/hostPort.ts';
import { externalProcessorService } from '../../../src/proto/services.ts';
import { type CaseContext, type ConformanceCase, UnexpectedAnswer } from '../conformanceCase.ts';
import { describeEvents } from '../describeReply.ts';
import { requestHeadersMessage } from '../pickerMessages.ts';
import { requestHeadersOf } from '../sendRequest.ts';

/** TLS as gateways speak it to a picker; grpc-js, which the other cases use, always offers h2. */
const { Process: processMethod } = externalProcessorService;
/** In front of a gRPC message: not compressed, and its length. */
const frameHeadBytes = 5;

export const tlsCases: readonly ConformanceCase[] = [
  tlsCase('alpn', 'TLS that offers h2 by ALPN', ['h2']),
  tlsCase('no-alpn', 'TLS that offers no protocol, as Envoy AI Gateway and kgateway do', undefined),
];

function tlsCase(name: string, sends: string, protocols: string[] | undefined): ConformanceCase {
  return {
    name: `tls/${name}`,
    sends: `a GET over ${sends}, and verifies no certificate`,
    expects: 'a destination',
    needsTls: true,
    run: async (context) => {
      const { target, timeoutMs } = context.picker.options;
      const { host, port } = splitHostPort(target);
      const socket = connect({
        host,
        port,
        rejectUnauthorized: false,
        ...(protocols && { ALPNProtocols: protocols }),
      });
      const timer = setTimeout(() => socket.destroy(new Error('nothing came in time')), timeoutMs);
      try {
        const received = describeEvents([
          {
            kind: 'reply',
            reply: processMethod.responseDeserialize(await firstReply(socket, target, context)),
          },
        ]);
        if (!received.startsWith('request_headers')) throw new UnexpectedAnswer('no destination', received);
        return received;
      } catch (error) {
        if (error instanceof UnexpectedAnswer) throw error;
        throw new UnexpectedAnswer('no answer', (error as Error).message);
      } finally {
        clearTimeout(timer);
        socket.destroy();
      }
    },
  };
}

/** The first message that answers the headers of a GET. Rejects when the connection ends before. */
function firstReply(socket: TLSSocket, target: string, context: CaseContext): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
    socket.once('secureConnect', () => {
      const session: ClientHttp2Session = connectHttp2(`https://${target}`, {
        createConnection: () => socket,
      });
      session.on('error', reject);
      const call = session.request({
        ':method': 'POST',
        ':path': processMethod.path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      call.on('error', reject);
      call.on('end', () => reject(new Error('the stream ended unanswered')));
      let bytes = Buffer.alloc(0);
      call.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (bytes.length < frameHeadBytes) return;
        const end = frameHeadBytes + bytes.readUInt32BE(1);
        if (bytes.length >= end) resolve(bytes.subarray(frameHeadBytes, end));
      });
      call.write(framed(context));
    });
  });
}

function framed({ mode, isAnnounced }: CaseContext): Buffer {
  const message = processMethod.requestSerialize(
    requestHeadersMessage({
      headers: requestHeadersOf({}),
      isEndOfStream: true,
      mode: isAnnounced ? mode : undefined,
    }),
  );
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
