import type { Duplex } from 'node:stream';
import type { DisplaceableConnection } from '../openConnections.ts';
import type { Debtor } from './bufferBudget.ts';
import type { ConnectionOptions } from './connectionOptions.ts';
import type { TurnTaker } from './fairTurns.ts';
import { FrameReader } from './frameReader.ts';
import { FrameWriter } from './frameWriter.ts';
import { Input } from './input.ts';
import type { ReachedLimit } from './limits.ts';
import { Output } from './output.ts';
import { ConnectionError, errorCode, PrefaceError } from './protocol.ts';
import { Session } from './session.ts';
import { Supervision } from './supervision.ts';

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
export class Connection implements TurnTaker, Debtor, DisplaceableConnection {
  readonly #socket: Duplex;
  readonly #options: ConnectionOptions;
  readonly #output: Output;
  readonly #frames: FrameWriter;
  readonly #session: Session;
  readonly #reader: FrameReader;
  readonly #input: Input;
  readonly #supervision: Supervision;
  #state: 'open' | 'closing' | 'closed' | 'released' = 'open';
  #heldBytes = 0;
  #closingSinceMs = 0;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#supervision = new Supervision(options, options.nowMs());
    this.#output = new Output(socket, (error) => {
      options.onUnexpectedError(error);
      socket.destroy();
    });
    this.#frames = new FrameWriter(this.#output);
    this.#session = new Session(this.#frames, {
      ...options,
      onFinished: () => this.#close(),
      onUnfinished: () => options.turns.wait(this),
      contain: (work) => this.#contain(work),
    });
    this.#reader = new FrameReader(this.#session, options.turns);
    this.#input = new Input({
      socket,
      output: this.#output,
      turns: options.turns,
      taker: this,
      handle: (bytes) => this.#handle(bytes),
    });
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.#contain(() => this.#input.pauseOrResume()));
    socket.on('end', () => this.#contain(() => this.#onPeerEnd()));
    socket.on('error', () => {}); // 'close' follows and is handled
    socket.on('close', () => this.#contain(() => this.#onSocketClosed()));
    this.#session.open();
  }

  /** @param chunk received bytes; valid only until this returns */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    // Without `#contain`, whose closure each chunk would pay for.
    try {
      this.#supervision.onReceived();
      this.#input.receive(chunk);
      this.#reportHeldBytes();
    } catch (error) {
      this.#onThrown(error);
    }
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get idleMs(): number | undefined {
    if (this.#state !== 'open' || this.#session.openStreams > 0) return undefined;
    return this.#session.lastStreamId === 0 ? Number.POSITIVE_INFINITY : this.#supervision.idleMs;
  }

  /** Closes the socket at once: what the peer has not read would be kept until it has. */
  evict(limit: ReachedLimit, message: string): void {
    this.#options.onReachedLimit(limit);
    this.#fail(new ConnectionError(errorCode.enhanceYourCalm, message));
    this.#output.flush();
    this.destroy();
  }

  work(): void {
    try {
      if (this.#state !== 'open') this.#abortStreams();
      else {
        this.#input.continue();
        this.#reportHeldBytes();
      }
    } catch (error) {
      this.#onThrown(error);
    }
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
    this.#output.flush();
    return handled;
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
    if (this.#state === 'closing' && nowMs - this.#closingSinceMs >= closeTimeoutMs) this.destroy();
    if (this.#state !== 'open') return;
    this.#session.resetOverdueStreams(this.#supervision.advance(nowMs));
    // What waits for its turn may be the rest.
    const frame = this.#input.postponedBytes > 0 ? undefined : this.#reader.partialFrame;
    const verdict = this.#supervision.check(nowMs, { ...this.#session.unfinished, frame });
    switch (verdict.kind) {
      case 'nothing':
        break;
      case 'ping':
        this.#frames.ping(keepalivePing, false);
        break;
      case 'dead':
        this.destroy();
        break;
      case 'idle':
        this.#session.shutdown();
        break;
      case 'overdue':
        this.evict('deadline', verdict.message);
        break;
      default:
        verdict satisfies never;
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
      onClosed();
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
      this.#output.flush();
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
