import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
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
  type ServerReport,
} from './grpcServer.ts';
import { BufferBudget } from './http2/bufferBudget.ts';
import { Connection } from './http2/connection.ts';
import type { ConnectionOptions } from './http2/connectionOptions.ts';
import { FairTurns } from './http2/fairTurns.ts';
import type { RouteRequest } from './http2/streamsOptions.ts';
import { Listener } from './listener.ts';
import { OpenConnections } from './openConnections.ts';

const connectionCheckIntervalMs = 1_000;

export interface BuiltinServerOptions extends GrpcServerOptions {
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
  readonly #connectionOptions: Omit<ConnectionOptions, 'onClosed'>;
  readonly #onUnexpectedError: OnUnexpectedError;
  readonly #buffers: BufferBudget;
  readonly #connections: OpenConnections<Connection>;
  readonly #listener: Listener;
  #usages: ConnectionUsages | undefined;
  #connectionChecks: NodeJS.Timeout | undefined;
  /** Resolved when the last connection has closed after `close`. */
  readonly #allClosed = Promise.withResolvers<void>();
  #isClosing = false;

  constructor(options: BuiltinServerOptions) {
    const { handlers, maxMessageBytes, acceptsCompressed = false, limits, certificates } = options;
    const { keepalive = defaultKeepalive, onForeignProtocol = () => {} } = options;
    const { totalLimits, onReachedLimit = () => {}, onUnexpectedError = warnOfError } = options;
    const nowMs = (): number => performance.now();
    this.#buffers = new BufferBudget(totalLimits.bufferBytes);
    this.#connections = new OpenConnections({ limit: totalLimits.connections, onReachedLimit, nowMs });
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
      turns: new FairTurns(nowMs),
      ...keepalive,
      onForeignProtocol,
      nowMs,
      onUnexpectedError: (error) => onUnexpectedError(error, 'connection'),
    };
    this.#listener = new Listener({
      certificates,
      serve: (socket) => this.#onSocket(socket),
      serveSecure: (socket) => this.#onSecureSocket(socket),
      onForeignProtocol,
      onUnexpectedError,
    });
  }

  async listen(address: ListenAddress): Promise<number> {
    await this.#listener.start();
    const port = await this.#listener.listen(address);
    this.#startConnectionChecks();
    return port;
  }

  report(): ServerReport {
    return { connections: this.#connections.size, heldBytes: this.#buffers.heldBytes };
  }

  get adopter(): ConnectionAdopter {
    return this;
  }

  async startAdopting(onServingChanged: () => void): Promise<void> {
    await this.#listener.start();
    this.#usages = new ConnectionUsages(onServingChanged);
    this.#startConnectionChecks();
  }

  adopt(socket: Socket): void {
    this.#listener.adopt(socket);
  }

  get serving(): number {
    return this.#usages?.serving ?? 0;
  }

  shedConnections(count: number): void {
    this.#usages?.shedConnections(count);
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    this.#listener.close();
    this.#options.onClosing?.();
    for (const connection of this.#connections) connection.shutdown();
    this.#resolveIfAllClosed();
    const timeout = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, timeoutMs);
    await this.#allClosed.promise;
    clearTimeout(timeout);
    clearInterval(this.#connectionChecks);
    await this.#listener.stop();
  }

  #onSocket(socket: Socket): void {
    const direct = readDirectly(socket, (bytes) => connection?.receive(bytes));
    const connection = this.#connect(direct);
  }

  /** Read as a stream: the handle below it carries ciphertext. */
  #onSecureSocket(socket: TLSSocket): Connection | undefined {
    const offersHttp2 = socket.alpnProtocol === 'h2';
    if (!offersHttp2) this.#options.certificates?.onHandshakeRefused('the client does not offer h2 by ALPN');
    // The handshake may have ended after the server closed.
    if (offersHttp2 && !this.#isClosing) return this.#connect(socket);
    socket.destroySoon();
    return undefined;
  }

  #connect(socket: Socket): Connection | undefined {
    try {
      if (this.#connections.makeRoom()) return this.#createConnection(socket);
      socket.destroy();
      return undefined;
    } catch (error) {
      this.#onUnexpectedError(error, 'connection');
      socket.destroy();
      return undefined;
    }
  }

  #createConnection(socket: Socket): Connection {
    const usage = this.#usages?.begin(() => connection.shutdown());
    const connection = new Connection(socket, {
      ...this.#connectionOptions,
      ...(usage && { route: this.#observingRoute(usage) }),
      onClosed: () => {
        if (usage !== undefined) this.#usages?.end(usage);
        this.#connections.delete(connection);
        this.#resolveIfAllClosed();
      },
    });
    this.#connections.add(connection);
    return connection;
  }

  #observingRoute(usage: ConnectionUsage): RouteRequest {
    const { route } = this.#connectionOptions;
    const { loadPaths } = this.#options;
    return (head) => {
      usage.observe(loadPaths?.has(head.path ?? '') === false ? 'other' : 'load');
      return route(head);
    };
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
