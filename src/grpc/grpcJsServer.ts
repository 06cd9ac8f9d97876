import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import { GrpcServices } from '../extproc/grpcServices.ts';
import { type GrpcServer, type GrpcServerOptions, ListenError } from './server.ts';
import type { ServerStream, StreamHandler } from './serverStream.ts';
import type { CertificateFiles } from './tls/certificateFiles.ts';
import { RenewedCredentials } from './tls/renewedCredentials.ts';

/** A dead peer, one that vanished without closing, is noticed within the sum of these. */
const keepaliveTimeMs = 20_000;
const keepaliveTimeoutMs = 10_000;

/** The reference transport: grpc-js's server behind the interface of this folder. */
export class GrpcJsServer implements GrpcServer {
  readonly #server: Server;
  readonly #methods: GrpcServices;
  readonly #certificateFiles: CertificateFiles | undefined;
  readonly #credentials: ServerCredentials;

  constructor({ acceptStream, health, maxMessageBytes, certificateFiles }: GrpcServerOptions) {
    // The library writes to stderr on its own; what matters comes back as errors.
    setLogVerbosity(logVerbosity.NONE);
    this.#server = new Server({
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.keepalive_time_ms': keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      // One stream for each request in flight: the limit is limits.maxStreams, counted over all connections.
      'grpc.max_concurrent_streams': 2 ** 31 - 1,
      'grpc-node.max_session_memory': Number.MAX_SAFE_INTEGER,
    });
    this.#methods = new GrpcServices(acceptStream, health);
    this.#certificateFiles = certificateFiles;
    this.#credentials = certificateFiles
      ? new RenewedCredentials(certificateFiles)
      : ServerCredentials.createInsecure();
    for (const [path, accept] of this.#methods.byPath) {
      // On the wire every kind of method is a stream of messages; which kind it is, the method knows.
      this.#server.register(path, handler(accept), asBuffer, asBuffer, 'bidi');
    }
  }

  async listen(address: string): Promise<string> {
    await this.#certificateFiles?.start();
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, this.#credentials, (cause, port) => {
        if (cause === null) resolve(address.replace(/:\d+$/, `:${port}`));
        else reject(new ListenError(`cannot listen on ${address}: ${cause.message}`, { cause }));
      });
    });
  }

  async close(timeoutMs: number): Promise<void> {
    this.#methods.endWatches();
    const left = Promise.withResolvers<void>();
    this.#server.tryShutdown(() => left.resolve());
    const patience = setTimeout(() => {
      this.#server.forceShutdown();
      left.resolve();
    }, timeoutMs);
    await left.promise;
    clearTimeout(patience);
    await this.#certificateFiles?.stop();
  }
}

/** Messages pass as they are. */
const asBuffer = (message: Buffer): Buffer => message;

function handler(accept: StreamHandler) {
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const listener = accept(edgeStreamOf(call));
    call.on('data', (message: Buffer) => listener.onMessage(message));
    call.on('end', () => listener.onEnd());
    // Also fires after a clean end; the listener knows.
    call.on('cancelled', () => listener.onClosed('cancelled'));
    call.on('error', () => listener.onClosed('error'));
    call.on('close', () => listener.onClosed('error'));
  };
}

function edgeStreamOf(call: ServerDuplexStream<Buffer, Buffer>): ServerStream {
  return {
    reply: (message) => void call.write(Buffer.from(message)),
    end: () => void call.end(),
    fail: (code, details) => void call.emit('error', { code: status[code], details }),
  };
}
