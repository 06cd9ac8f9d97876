import type { Duplex } from 'node:stream';
import type { OnForeignProtocol } from '../foreignProtocol.ts';
import { FrameReader } from './frameReader.ts';
import { FrameWriter } from './frameWriter.ts';
import { Keepalive, type KeepaliveOptions } from './keepalive.ts';
import { Output } from './output.ts';
import { ConnectionError, errorCode, PrefaceError } from './protocol.ts';
import { Session, type SessionOptions } from './session.ts';

export interface ConnectionOptions extends Omit<SessionOptions, 'onFinished'>, KeepaliveOptions {
  readonly onClosed: (connection: Connection) => void;
  readonly onForeignProtocol: OnForeignProtocol;
  /** Receives an error that is no ConnectionError. It ends the connection. */
  readonly onUnexpectedError: (error: unknown) => void;
}

/** While a peer leaves more than this unread, nothing is read from it. */
const maxUnreadBytes = 4 * 1024 * 1024;
/**
 * How long a peer has to read the last frames, GOAWAY among them, before the socket is destroyed.
 */
const closeTimeoutMs = 1_000;

const keepalivePing = Buffer.from('liveness');

/**
 * One connection: its socket, its liveness and its end. What its frames mean is in session.ts.
 *
 * open    → closing   a connection error, or the last stream after a GOAWAY; frames still leave
 * any     → closed    the socket is closed
 *
 * Nothing that is thrown here leaves it: the connection ends, and others go on.
 */
export class Connection {
  readonly #socket: Duplex;
  readonly #options: ConnectionOptions;
  readonly #output: Output;
  readonly #frames: FrameWriter;
  readonly #session: Session;
  readonly #reader: FrameReader;
  readonly #keepalive: Keepalive;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #closingSinceMs = 0;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#keepalive = new Keepalive(options, options.nowMs());
    this.#output = new Output(socket);
    this.#frames = new FrameWriter(this.#output);
    this.#session = new Session(this.#frames, { ...options, onFinished: () => this.#close() });
    this.#reader = new FrameReader(this.#session);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#contain(() => this.#onPeerEnd()));
    // 'close' follows and is handled.
    socket.on('error', () => {});
    socket.on('close', () => this.#contain(() => this.#onSocketClosed()));
    this.#session.open();
  }

  /** @param chunk received bytes; valid only until this returns */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#keepalive.onReceived();
    this.#output.cork();
    try {
      this.#reader.read(chunk);
      this.#session.checkQueuedBytes();
    } catch (error) {
      this.#onThrown(error);
    }
    this.#flush();
    if (this.#output.unreadBytes > maxUnreadBytes && !this.#socket.isPaused()) this.#socket.pause();
  }

  /** Asks the peer to leave. The connection closes when it has and no stream is open. */
  shutdown(): void {
    this.#contain(() => this.#session.shutdown());
  }

  /** Closes the socket at once. */
  destroy(): void {
    this.#socket.destroy();
    this.#contain(() => this.#onSocketClosed());
  }

  /** To be called about once a second: detects dead peers and closes that do not finish. */
  check(nowMs: number): void {
    this.#contain(() => this.#check(nowMs));
  }

  #check(nowMs: number): void {
    if (this.#state === 'closing') {
      if (nowMs - this.#closingSinceMs >= closeTimeoutMs) this.destroy();
      return;
    }
    const action = this.#keepalive.check(nowMs);
    switch (action) {
      case 'nothing':
        break;
      case 'ping':
        this.#frames.ping(keepalivePing, false);
        break;
      case 'close':
        this.destroy();
        break;
      default:
        action satisfies never;
    }
  }

  /** The peer has half-closed the socket. It may still read what is written. */
  #onPeerEnd(): void {
    this.#close();
    this.#session.abortStreams();
  }

  #onDrain(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #contain(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onThrown(error);
    }
  }

  #onThrown(error: unknown): void {
    const isProtocolError = error instanceof ConnectionError;
    if (!isProtocolError) this.#options.onUnexpectedError(error);
    if (error instanceof PrefaceError) this.#options.onForeignProtocol(error.protocol);
    try {
      this.#fail(isProtocolError ? error : new ConnectionError(errorCode.internalError, 'internal error'));
    } catch (second) {
      this.#options.onUnexpectedError(second);
      this.#socket.destroy();
    }
  }

  #fail({ code, message }: ConnectionError): void {
    if (this.#state !== 'open') return;
    this.#frames.goaway(this.#session.lastStreamId, code, message);
    this.#close();
    this.#session.abortStreams();
  }

  #flush(): void {
    try {
      this.#output.flush();
    } catch (error) {
      this.#options.onUnexpectedError(error);
      this.#socket.destroy();
    }
  }

  /** Flushes what is written, then ends the socket. */
  #close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closingSinceMs = this.#options.nowMs();
    // After whatever the running code still writes.
    queueMicrotask(() => {
      this.#flush();
      this.#socket.end();
    });
  }

  #onSocketClosed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    try {
      this.#session.abortStreams();
    } finally {
      this.#options.onClosed(this);
    }
  }
}
