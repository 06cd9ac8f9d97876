import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { GrpcServices } from '../extproc/grpcServices.ts';
import { externalProcessorService } from '../proto/services.ts';
import { acceptCalls } from './call/acceptCalls.ts';
import { httpFailure } from './call/status.ts';
import { type ConnectionUsage, ConnectionUsages } from './connectionUsage.ts';
import { readDirectly } from './directSocket.ts';
import { Connection, type ConnectionOptions } from './http2/connection.ts';
import type { Http2Limits } from './http2/limits.ts';
import { type GrpcServer, type GrpcServerOptions, ListenError } from './server.ts';
import type { CertificateFiles } from './tls/certificateFiles.ts';
import { createTlsServer } from './tls/tlsServer.ts';

/** A dead peer, one that vanished without closing, is noticed within about the sum of these. */
const keepaliveAfterMs = 20_000;
const keepaliveWithinMs = 10_000;
/** How often connections are looked at. */
const lookMs = 1_000;
/** The calls that cost something; any other is about health. */
const streamsPath = externalProcessorService.Process.path;

export interface BuiltinServerOptions extends GrpcServerOptions {
  readonly limits: Http2Limits;
}

/**
 * A gRPC server of our own on plain sockets: HTTP/2 with prior knowledge, as proxies speak it. It does what the
 * methods of this port need and nothing else, for a fraction of the time that a general server takes.
 *
 * http2/ frames, streams, windows   hpack/ header blocks   grpc/ calls and messages   tls/ certificates
 */
export class BuiltinServer implements GrpcServer {
  readonly #methods: GrpcServices;
  readonly #connectionOptions: ConnectionOptions;
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  readonly #certificateFiles: CertificateFiles | undefined;
  #uses: ConnectionUsages | undefined;
  #looking: NodeJS.Timeout | undefined;
  /** Resolved when the last connection has closed, once the transport is closing. */
  readonly #allClosed = Promise.withResolvers<void>();
  #isClosing = false;

  constructor(options: BuiltinServerOptions) {
    const { acceptStream, health, maxMessageBytes, limits, certificateFiles } = options;
    this.#methods = new GrpcServices(acceptStream, health);
    this.#connectionOptions = {
      accept: acceptCalls(this.#methods.byPath, maxMessageBytes),
      headersTooLarge: httpFailure(431),
      limits,
      keepaliveAfterMs,
      keepaliveWithinMs,
      nowMs: () => performance.now(),
      onClosed: (connection) => this.#forget(connection),
    };
    this.#certificateFiles = certificateFiles;
    this.#server = certificateFiles
      ? createTlsServer(certificateFiles, (socket) => this.#onSecureSocket(socket))
      : createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#onSocket(socket));
  }

  async listen(address: string): Promise<string> {
    await this.#certificateFiles?.start();
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
    return new Promise((resolve, reject) => {
      const onError = (cause: Error): void => {
        reject(new ListenError(`cannot listen on ${address}: ${cause.message}`, { cause }));
      };
      this.#server.once('error', onError);
      this.#server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }, () => {
        this.#server.off('error', onError);
        // A connection that could not be taken, for want of file descriptors: its client tries again.
        this.#server.on('error', () => {});
        this.#startLooking();
        resolve(address.replace(/:\d+$/, `:${boundPort(this.#server)}`));
      });
    });
  }

  /**
   * In the place of `listen`, where somebody else accepts the connections.
   *
   * @param onUse called after each change of `serving`
   */
  async listenToAdopted(onUse: () => void): Promise<void> {
    await this.#certificateFiles?.start();
    this.#uses = new ConnectionUsages();
    this.#uses.onChange(onUse);
    this.#startLooking();
  }

  /** Takes a connection that somebody else accepted, paused. */
  adopt(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Of the adopted connections those that bring streams, or may. */
  get serving(): number {
    return this.#uses?.serving ?? 0;
  }

  /** Asks the clients of so many of them to leave; what is open on them goes on. */
  shedConnections(count: number): void {
    this.#uses?.shedConnections(count);
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    if (this.#server.listening) this.#server.close();
    this.#methods.endWatches();
    for (const connection of this.#connections) connection.leave();
    this.#resolveIfAllClosed();
    const patience = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, timeoutMs);
    await this.#allClosed.promise;
    clearTimeout(patience);
    clearInterval(this.#looking);
    await this.#certificateFiles?.stop();
  }

  #onSocket(socket: Socket): void {
    const direct = readDirectly(socket, (bytes) => connection.receive(bytes));
    const connection = this.#connect(direct);
  }

  /** Read as a stream: what lies below it is ciphertext. */
  #onSecureSocket(socket: TLSSocket): void {
    // The handshake may have ended after the port has closed.
    if (this.#isClosing) socket.destroy();
    else this.#connect(socket);
  }

  #connect(socket: Socket): Connection {
    const use = this.#uses?.begin(() => connection.leave());
    const connection = new Connection(socket, use ? this.#noting(use) : this.#connectionOptions);
    this.#connections.add(connection);
    return connection;
  }

  /** On a shared port it matters to the others what a connection is used for. */
  #noting(use: ConnectionUsage): ConnectionOptions {
    const { accept, onClosed } = this.#connectionOptions;
    return {
      ...this.#connectionOptions,
      accept: (head) => {
        use.observe(head.path === streamsPath ? 'streams' : 'health');
        return accept(head);
      },
      onClosed: (connection) => {
        this.#uses?.end(use);
        onClosed(connection);
      },
    };
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#resolveIfAllClosed();
  }

  #resolveIfAllClosed(): void {
    if (this.#isClosing && this.#connections.size === 0) this.#allClosed.resolve();
  }

  #startLooking(): void {
    this.#looking ??= setInterval(() => this.#look(), lookMs);
  }

  #look(): void {
    const nowMs = performance.now();
    for (const connection of this.#connections) connection.look(nowMs);
  }
}

function boundPort(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
