import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { AcceptedConnection } from './acceptedConnection.ts';
import type { OnUnexpectedError } from './containErrors.ts';
import type { OnForeignProtocol } from './foreignProtocol.ts';
import { type ListenAddress, ListenError } from './grpcServer.ts';
import type { CertificateSource } from './tls/certificateSource.ts';
import { TlsServer } from './tls/tlsServer.ts';

export interface ListenerOptions {
  /** undefined: plain text. */
  readonly certificates: CertificateSource | undefined;
  /**
   * Serves a connection in plain text.
   *
   * @param socket paused, nothing read from it
   */
  readonly serve: (socket: Socket) => void;
  /** Serves a connection over TLS: the handle below its socket carries ciphertext. */
  readonly serveSecure: (socket: TLSSocket) => AcceptedConnection | undefined;
  readonly onForeignProtocol: OnForeignProtocol;
  readonly onUnexpectedError: OnUnexpectedError;
}

/** Accepts the connections of one port, in plain text or over TLS, for either server. */
export class Listener {
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;

  constructor({ certificates, serve, serveSecure, ...hooks }: ListenerOptions) {
    this.#tls = certificates && new TlsServer({ certificates, serve: serveSecure, ...hooks });
    this.#server = this.#tls?.server ?? createServer({ noDelay: true, pauseOnConnect: true }, serve);
  }

  /** To be awaited before `listen` or `adopt`. */
  async start(): Promise<void> {
    await this.#tls?.start();
  }

  /**
   * @returns the port that is bound
   * @throws ListenError when the address cannot be bound
   */
  listen(address: ListenAddress): Promise<number> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      const onError = (cause: Error): void => reject(new ListenError(address, cause));
      server.once('error', onError);
      server.listen({ host: address.host, port: address.port }, () => {
        server.off('error', onError);
        // A connection that could not be accepted, for want of file descriptors: its client
        // retries.
        server.on('error', () => {});
        resolve(boundPort(server));
      });
    });
  }

  /** @param socket accepted by another process; paused, nothing read from it */
  adopt(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Accepts nothing more, and closes connections whose handshake is not complete. */
  close(): void {
    if (this.#server.listening) this.#server.close();
    this.#tls?.abortHandshakes();
  }

  /** Stops to follow the certificate. */
  async stop(): Promise<void> {
    await this.#tls?.stop();
  }
}

function boundPort(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
