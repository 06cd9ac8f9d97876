import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import { containErrors, warnOfError } from './containErrors.ts';
import {
  defaultKeepalive,
  type GrpcServer,
  type GrpcServerOptions,
  type ListenAddress,
  ListenError,
  type ServerReport,
} from './grpcServer.ts';
import type { ServerStream, StreamHandler } from './serverStream.ts';
import type { CertificateSource } from './tls/certificateSource.ts';
import { RenewedCredentials } from './tls/renewedCredentials.ts';

/** The reference: the server of @grpc/grpc-js behind the same interface as the builtin one. */
export class GrpcJsServer implements GrpcServer {
  readonly adopter = undefined;
  readonly #server: Server;
  readonly #certificates: CertificateSource | undefined;
  readonly #onClosing: (() => void) | undefined;

  constructor(options: GrpcServerOptions) {
    const { handlers, maxMessageBytes, certificates, onClosing, onUnexpectedError = warnOfError } = options;
    const { keepaliveTimeMs, keepaliveTimeoutMs } = options.keepalive ?? defaultKeepalive;
    // The library writes to stderr by itself; what matters also arrives as an error.
    setLogVerbosity(logVerbosity.NONE);
    this.#server = new Server({
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.keepalive_time_ms': keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      // The application limits streams over all connections.
      'grpc.max_concurrent_streams': 2 ** 31 - 1,
      'grpc-node.max_session_memory': Number.MAX_SAFE_INTEGER,
    });
    this.#certificates = certificates;
    this.#onClosing = onClosing;
    for (const [path, handler] of handlers) {
      // On the wire every kind of method is a stream of messages; the handler knows which kind it
      // is.
      const contained = containErrors(handler, onUnexpectedError);
      this.#server.register(path, callHandler(contained), asBuffer, asBuffer, 'bidi');
    }
  }

  async listen(address: ListenAddress): Promise<number> {
    const { host, port } = address;
    const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const credentials = await this.#credentials();
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(target, credentials, (cause, boundPort) => {
        if (cause === null) resolve(boundPort);
        else reject(new ListenError(address, cause));
      });
    });
  }

  async close(timeoutMs: number): Promise<void> {
    this.#onClosing?.();
    const closed = Promise.withResolvers<void>();
    this.#server.tryShutdown(() => closed.resolve());
    const timeout = setTimeout(() => {
      this.#server.forceShutdown();
      closed.resolve();
    }, timeoutMs);
    await closed.promise;
    clearTimeout(timeout);
    await this.#certificates?.stop();
  }

  report(): ServerReport {
    return { connections: null, heldBytes: null };
  }

  async #credentials(): Promise<ServerCredentials> {
    if (this.#certificates === undefined) return ServerCredentials.createInsecure();
    const credentials = new RenewedCredentials(this.#certificates.requestsClientCertificate);
    await this.#certificates.start((certificate) => credentials.setCertificate(certificate));
    return credentials;
  }
}

/** Messages pass unchanged. */
const asBuffer = (message: Buffer): Buffer => message;

function callHandler(handler: StreamHandler) {
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const listener = handler(serverStreamOf(call));
    call.on('data', (message: Buffer) => listener.onMessage(message));
    call.on('end', () => listener.onEnd());
    // grpc-js also emits these after a clean end; the listener ignores them then.
    call.on('cancelled', () => listener.onClosed('cancelled'));
    call.on('error', () => listener.onClosed('error'));
    call.on('close', () => listener.onClosed('error'));
  };
}

function serverStreamOf(call: ServerDuplexStream<Buffer, Buffer>): ServerStream {
  return {
    reply: (message) => void call.write(Buffer.from(message)),
    end: () => void call.end(),
    fail: (code, details) => void call.emit('error', { code: status[code], details }),
  };
}
