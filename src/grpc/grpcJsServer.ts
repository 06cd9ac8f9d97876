import type { Socket } from 'node:net';
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import type { AcceptedConnection } from './acceptedConnection.ts';
import { containErrors, warnOfError } from './containErrors.ts';
import {
  defaultKeepalive,
  type GrpcServer,
  type GrpcServerOptions,
  type ListenAddress,
  type ServerReport,
} from './grpcServer.ts';
import { deadlinesMs } from './http2/deadlines.ts';
import type { OnReachedLimit } from './http2/limits.ts';
import { frameHeaderBytes, preface } from './http2/protocol.ts';
import { Listener } from './listener.ts';
import type { ServerStream, StreamHandler } from './serverStream.ts';
import { defaultDistrustedGraceMs } from './tls/certificateSource.ts';

/**
 * The reference: the server of @grpc/grpc-js behind the same interface as the builtin one. It gets
 * the connections that a `Listener` accepts, so TLS is the same with both.
 */
export class GrpcJsServer implements GrpcServer {
  readonly adopter = undefined;
  readonly #server: Server;
  readonly #listener: Listener;
  readonly #maxConnections: number;
  readonly #onReachedLimit: OnReachedLimit;
  readonly #onClosing: (() => void) | undefined;
  readonly #graceMs: number;
  readonly #sockets = new Set<Socket>();
  /** Resolved when the last connection has closed after `close`. */
  readonly #allClosed = Promise.withResolvers<void>();
  #isClosing = false;

  constructor(options: GrpcServerOptions) {
    const { handlers, maxMessageBytes, limits, totalLimits, certificates, onClosing } = options;
    const { onUnexpectedError = warnOfError, onForeignProtocol = () => {} } = options;
    const { onReachedLimit = () => {} } = options;
    const { keepaliveTimeMs, keepaliveTimeoutMs } = options.keepalive ?? defaultKeepalive;
    // The library writes to stderr by itself; what matters also arrives as an error.
    setLogVerbosity(logVerbosity.NONE);
    this.#server = new Server({
      'grpc.max_receive_message_length': maxMessageBytes,
      // Also what ends the streams of a client that has left after an error of its connection: Node
      // reads no more from it then, and does not see that it is gone.
      'grpc.keepalive_time_ms': keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      'grpc.max_connection_idle_ms': deadlinesMs.idle,
      'grpc.max_concurrent_streams': limits.streams,
      // In MB.
      'grpc-node.max_session_memory': Math.ceil(totalLimits.bufferBytes / 1_000_000),
    });
    this.#maxConnections = totalLimits.connections;
    this.#onReachedLimit = onReachedLimit;
    this.#onClosing = onClosing;
    this.#graceMs = certificates?.distrustedGraceMs ?? defaultDistrustedGraceMs;
    this.#listener = new Listener({
      certificates,
      serve: (socket) => void this.#serve(socket.resume()),
      serveSecure: (socket) => this.#serve(socket),
      onForeignProtocol,
      onUnexpectedError,
    });
    for (const [path, handler] of handlers) {
      // On the wire every kind of method is a stream of messages; the handler knows which kind it
      // is.
      const contained = containErrors(handler, onUnexpectedError);
      this.#server.register(path, callHandler(contained), asBuffer, asBuffer, 'bidi');
    }
  }

  async listen(address: ListenAddress): Promise<number> {
    await this.#listener.start();
    return this.#listener.listen(address);
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    this.#listener.close();
    this.#onClosing?.();
    // It does not wait for connections that it did not accept itself.
    this.#server.tryShutdown(() => {});
    this.#resolveIfAllClosed();
    const timeout = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, timeoutMs);
    await this.#allClosed.promise;
    clearTimeout(timeout);
    await this.#listener.stop();
  }

  report(): ServerReport {
    return { connections: this.#sockets.size, heldBytes: null };
  }

  /** The library can only shut down an injector as a whole, so each connection has its own. */
  #serve(socket: Socket): AcceptedConnection | undefined {
    // The handshake may have ended after the server closed.
    if (this.#isClosing) {
      socket.destroy();
      return undefined;
    }
    if (this.#sockets.size >= this.#maxConnections) {
      this.#onReachedLimit('connections');
      socket.destroy();
      return undefined;
    }
    const silence = setTimeout(() => this.#endIfSilent(socket), deadlinesMs.preface);
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#sockets.add(socket);
    injector.injectConnection(socket);
    // Behind the listener of the session, which aborts its streams.
    socket.once('close', () => {
      injector.destroy();
      clearTimeout(silence);
      this.#sockets.delete(socket);
      this.#resolveIfAllClosed();
    });
    return { shutdown: () => injector.drain(this.#graceMs), destroy: () => socket.destroy() };
  }

  /** The library waits for the preface without a limit. */
  #endIfSilent(socket: Socket): void {
    if (socket.bytesRead >= preface.length + frameHeaderBytes) return;
    this.#onReachedLimit('deadline');
    socket.destroy();
  }

  #resolveIfAllClosed(): void {
    if (this.#isClosing && this.#sockets.size === 0) this.#allClosed.resolve();
  }
}

/** Messages pass unchanged. */
const asBuffer = (message: Buffer): Buffer => message;

function callHandler(handler: StreamHandler) {
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const listener = handler(serverStreamOf(call));
    call.on('data', (message: Buffer) => {
      listener.onMessage(message);
      // The client reads no replies: it may send no further messages until it does.
      if (!call.writableNeedDrain || call.isPaused()) return;
      call.pause();
      call.once('drain', () => call.resume());
    });
    call.on('end', () => listener.onEnd());
    // grpc-js also emits these after a clean end; the listener ignores them then.
    call.on('cancelled', () => listener.onClosed('cancelled'));
    call.on('error', () => listener.onClosed('error'));
    call.on('close', () => listener.onClosed('error'));
  };
}

function serverStreamOf(call: ServerDuplexStream<Buffer, Buffer>): ServerStream {
  return {
    get connection() {
      return call.getPeer();
    },
    get traceparent() {
      return call.metadata.get('traceparent')[0]?.toString();
    },
    reply: (message) => void call.write(Buffer.from(message)),
    replyOf: (head, content) => void call.write(Buffer.concat([head, content])),
    end: () => void call.end(),
    fail: (code, details) => void call.emit('error', { code: status[code], details }),
  };
}
