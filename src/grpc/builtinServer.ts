import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { acceptCalls } from './call/acceptCalls.ts';
import { httpFailure } from './call/status.ts';
import { type ConnectionUsage, ConnectionUsages } from './connectionUsage.ts';
import { type OnUnexpectedError, warnOfError } from './containErrors.ts';
import { readDirectly } from './directSocket.ts';
import {
  type ConnectionAdopter,
  defaultKeepalive,
  type GrpcServer,
  type GrpcServerOptions,
  type ListenAddress,
  ListenError,
  type ServerReport,
} from './grpcServer.ts';
import { BufferBudget } from './http2/bufferBudget.ts';
import { Connection, type ConnectionOptions } from './http2/connection.ts';
import { FairTurns } from './http2/fairTurns.ts';
import type { Http2Limits } from './http2/limits.ts';
import { createTlsServer } from './tls/tlsServer.ts';

const connectionCheckIntervalMs = 1_000;

export interface BuiltinServerOptions extends GrpcServerOptions {
  readonly limits: Http2Limits;
  /**
   * The paths whose calls are load: `serving` counts the connections that bring them. Default: all.
   */
  readonly loadPaths?: ReadonlySet<string>;
}

/**
 * The gRPC server of this project: HTTP/2 with prior knowledge, or over TLS, directly on sockets.
 * README.md lists what it does and what it leaves out.
 */
export class BuiltinServer implements GrpcServer, ConnectionAdopter {
  readonly #options: BuiltinServerOptions;
  readonly #connectionOptions: ConnectionOptions;
  readonly #onUnexpectedError: OnUnexpectedError;
  readonly #buffers: BufferBudget;
  readonly #connections = new Set<Connection>();
  readonly #server: Server | TlsServer;
  #usages: ConnectionUsages | undefined;
  #connectionChecks: NodeJS.Timeout | undefined;
  /** Resolved when the last connection has closed after `close`. */
  readonly #allClosed = Promise.withResolvers<void>();
  #isClosing = false;

  constructor(options: BuiltinServerOptions) {
    const { handlers, maxMessageBytes, acceptsCompressed = false, limits, certificates } = options;
    const { keepalive = defaultKeepalive, onForeignProtocol = () => {} } = options;
    const { totalLimits, onReachedLimit = () => {}, onUnexpectedError = warnOfError } = options;
    this.#buffers = new BufferBudget(totalLimits.bufferBytes);
    this.#options = options;
    this.#onUnexpectedError = onUnexpectedError;
    this.#connectionOptions = {
      route: acceptCalls({ handlers, maxMessageBytes, acceptsCompressed, onUnexpectedError }),
      headersTooLarge: httpFailure(431),
      limits,
      // So that one connection alone cannot use up what all have.
      maxPartialBytes: totalLimits.bufferBytes / 2,
      buffers: this.#buffers,
      onReachedLimit,
      turns: new FairTurns(() => performance.now()),
      ...keepalive,
      onForeignProtocol,
      nowMs: () => performance.now(),
      onUnexpectedError: (error) => onUnexpectedError(error, 'connection'),
      onClosed: (connection) => this.#onConnectionClosed(connection),
    };
    this.#server = certificates
      ? createTlsServer(certificates, (socket) => this.#onSecureSocket(socket), onForeignProtocol)
      : createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#onSocket(socket));
  }

  async listen(address: ListenAddress): Promise<number> {
    await this.#startCertificates();
    return new Promise((resolve, reject) => {
      const onError = (cause: Error): void => reject(new ListenError(address, cause));
      this.#server.once('error', onError);
      this.#server.listen({ host: address.host, port: address.port }, () => {
        this.#server.off('error', onError);
        // A connection that could not be accepted, for want of file descriptors: its client
        // retries.
        this.#server.on('error', () => {});
        this.#startConnectionChecks();
        resolve(boundPort(this.#server));
      });
    });
  }

  report(): ServerReport {
    return { connections: this.#connections.size, heldBytes: this.#buffers.heldBytes };
  }

  get adopter(): ConnectionAdopter {
    return this;
  }

  async startAdopting(onServingChanged: () => void): Promise<void> {
    await this.#startCertificates();
    this.#usages = new ConnectionUsages(onServingChanged);
    this.#startConnectionChecks();
  }

  adopt(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  get serving(): number {
    return this.#usages?.serving ?? 0;
  }

  shedConnections(count: number): void {
    this.#usages?.shedConnections(count);
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    if (this.#server.listening) this.#server.close();
    this.#options.onClosing?.();
    for (const connection of this.#connections) connection.shutdown();
    this.#resolveIfAllClosed();
    const timeout = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, timeoutMs);
    await this.#allClosed.promise;
    clearTimeout(timeout);
    clearInterval(this.#connectionChecks);
    await this.#options.certificates?.stop();
  }

  async #startCertificates(): Promise<void> {
    await this.#options.certificates?.start((certificate) => {
      (this.#server as TlsServer).setSecureContext({ ...certificate });
    });
  }

  #onSocket(socket: Socket): void {
    const direct = readDirectly(socket, (bytes) => connection?.receive(bytes));
    const connection = this.#connect(direct);
  }

  /** Read as a stream: the handle below it carries ciphertext. */
  #onSecureSocket(socket: TLSSocket): void {
    // The handshake may have ended after the server closed.
    if (this.#isClosing) socket.destroy();
    else this.#connect(socket);
  }

  #connect(socket: Socket): Connection | undefined {
    try {
      return this.#createConnection(socket);
    } catch (error) {
      this.#onUnexpectedError(error, 'connection');
      socket.destroy();
      return undefined;
    }
  }

  #createConnection(socket: Socket): Connection {
    const usage = this.#usages?.begin(() => connection.shutdown());
    const options = usage ? this.#observingOptions(usage) : this.#connectionOptions;
    const connection = new Connection(socket, options);
    this.#connections.add(connection);
    return connection;
  }

  #observingOptions(usage: ConnectionUsage): ConnectionOptions {
    const { route, onClosed } = this.#connectionOptions;
    const { loadPaths } = this.#options;
    return {
      ...this.#connectionOptions,
      route: (head) => {
        usage.observe(loadPaths?.has(head.path ?? '') === false ? 'other' : 'load');
        return route(head);
      },
      onClosed: (connection) => {
        this.#usages?.end(usage);
        onClosed(connection);
      },
    };
  }

  #onConnectionClosed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#resolveIfAllClosed();
  }

  #resolveIfAllClosed(): void {
    if (this.#isClosing && this.#connections.size === 0) this.#allClosed.resolve();
  }

  #startConnectionChecks(): void {
    this.#connectionChecks ??= setInterval(() => {
      const nowMs = performance.now();
      for (const connection of this.#connections) connection.check(nowMs);
    }, connectionCheckIntervalMs);
  }
}

function boundPort(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
