import type { Duplex } from 'node:stream';
import type { OnForeignProtocol } from '../foreignProtocol.ts';
import type { BufferBudget, Debtor } from './bufferBudget.ts';
import type { FairTurns, TurnTaker } from './fairTurns.ts';
import { FrameReader } from './frameReader.ts';
import { FrameWriter } from './frameWriter.ts';
import { Input } from './input.ts';
import { Keepalive, type KeepaliveOptions } from './keepalive.ts';
import type { OnReachedLimit } from './limits.ts';
import { Output } from './output.ts';
import { ConnectionError, errorCode, PrefaceError } from './protocol.ts';
import { Session, type SessionOptions } from './session.ts';

export interface ConnectionOptions
  extends Omit<SessionOptions, 'onFinished' | 'onUnfinished'>,
    KeepaliveOptions {
  readonly turns: FairTurns;
  readonly buffers: BufferBudget;
  readonly onReachedLimit: OnReachedLimit;
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
 * closed  → released  all its streams have ended
 *
 * Nothing that is thrown here leaves it: the connection ends, and others go on.
 */
export class Connection implements TurnTaker, Debtor {
  readonly #socket: Duplex;
  readonly #options: ConnectionOptions;
  readonly #output: Output;
  readonly #frames: FrameWriter;
  readonly #session: Session;
  readonly #reader: FrameReader;
  readonly #input: Input;
  readonly #keepalive: Keepalive;
  #state: 'open' | 'closing' | 'closed' | 'released' = 'open';
  #isReading = true;
  #heldBytes = 0;
  #closingSinceMs = 0;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#keepalive = new Keepalive(options, options.nowMs());
    this.#output = new Output(socket);
    this.#frames = new FrameWriter(this.#output);
    this.#session = new Session(this.#frames, {
      ...options,
      onFinished: () => this.#close(),
      onUnfinished: () => options.turns.wait(this),
    });
    this.#reader = new FrameReader(this.#session, options.turns);
    this.#input = new Input({ turns: options.turns, taker: this, handle: (bytes) => this.#handle(bytes) });
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.#pauseOrResume());
    socket.on('end', () => this.#contain(() => this.#onPeerEnd()));
    socket.on('error', () => {}); // 'close' follows and is handled
    socket.on('close', () => this.#contain(() => this.#onSocketClosed()));
    this.#session.open();
  }

  /** @param chunk received bytes; valid only until this returns */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#keepalive.onReceived();
    this.#input.receive(chunk);
    this.#pauseOrResume();
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The connection that holds the most, when all hold too much. */
  evict(): void {
    this.#options.onReachedLimit('bufferBytes');
    this.#fail(new ConnectionError(errorCode.enhanceYourCalm, 'this connection holds most of the memory'));
    this.#flush();
    // What it has not read would be kept until then.
    this.destroy();
  }

  work(): void {
    if (this.#state !== 'open') {
      this.#abortStreams();
      return;
    }
    this.#input.continue();
    this.#pauseOrResume();
  }

  /** @returns how many bytes are handled: not all when the slice is spent */
  #handle(chunk: Buffer): number {
    let handled = chunk.length;
    this.#output.cork();
    try {
      this.#session.continue();
      handled = this.#reader.read(chunk);
      this.#session.checkQueuedBytes();
    } catch (error) {
      this.#onThrown(error);
    }
    this.#flush();
    return handled;
  }

  #pauseOrResume(): void {
    const mustRead = this.#input.postponedBytes === 0 && this.#output.unreadBytes <= maxUnreadBytes;
    if (mustRead !== this.#isReading) this.#socket[mustRead ? 'resume' : 'pause']();
    this.#isReading = mustRead;
    this.#reportHeldBytes();
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
    this.#output.trim();
    this.#reader.trim();
    this.#reportHeldBytes();
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
    this.#abortStreams();
  }

  #reportHeldBytes(): void {
    const before = this.#heldBytes;
    const inputBytes = this.#input.postponedBytes + this.#reader.heldBytes + this.#session.heldBytes;
    const isClosed = this.#state === 'closed' || this.#state === 'released';
    this.#heldBytes = isClosed ? 0 : inputBytes + this.#output.heldBytes;
    if (this.#heldBytes !== before) this.#options.buffers.onChanged(this, before);
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
    else if (error.code === errorCode.enhanceYourCalm) this.#options.onReachedLimit('rate');
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
    this.#abortStreams();
  }

  /** In slices: a connection may have tens of thousands, and each releases what it holds. */
  #abortStreams(): void {
    const { turns, onClosed } = this.#options;
    if (!turns.begin(this) || !this.#session.abortStreams()) turns.wait(this);
    else if (this.#state === 'closed') {
      this.#state = 'released';
      onClosed(this);
    }
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
    this.#input.drop();
    // After whatever the running code still writes.
    queueMicrotask(() => {
      this.#flush();
      this.#socket.end();
    });
  }

  #onSocketClosed(): void {
    if (this.#state === 'closed' || this.#state === 'released') return;
    this.#state = 'closed';
    this.#reportHeldBytes();
    this.#abortStreams();
  }
}
