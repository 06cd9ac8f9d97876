import type { Duplex } from 'node:stream';
import { FrameReader } from './frameReader.ts';
import { FrameWriter } from './frameWriter.ts';
import { Output } from './output.ts';
import { ConnectionError } from './protocol.ts';
import { Session, type SessionOptions } from './session.ts';

export interface ConnectionOptions extends Omit<SessionOptions, 'onLeft'> {
  /** A peer that was silent for so long is asked whether it lives, */
  readonly keepaliveAfterMs: number;
  /** and has so long to say anything. */
  readonly keepaliveWithinMs: number;
  readonly onClosed: (connection: Connection) => void;
}

/** A peer that leaves more than this unread is not read from either: it would only ask for more answers. */
const mostUnreadBytes = 4 * 1024 * 1024;
/** How long a peer has to read why it is sent away. */
const closeTimeoutMs = 1_000;
/** Looks that are further apart than this were held up, and with them whatever the peer said. */
const lateLookMs = 5_000;

const keepalivePing = Buffer.from('alive?..');

/**
 * One connection: its socket, its life and its end. What is said on it is the session's.
 *
 * open    → closing   the peer broke the protocol, or all is said: what is written still goes out
 * any     → closed    the socket is gone
 */
export class Connection {
  readonly #socket: Duplex;
  readonly #options: ConnectionOptions;
  readonly #output: Output;
  readonly #frames: FrameWriter;
  readonly #session: Session;
  readonly #reader: FrameReader;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #isStalled = false;
  /** Bytes have come since the last look. */
  #hasSpoken = true;
  /** Since when the peer has been silent; since when the connection has been closing. */
  #sinceMs: number;
  /** Since when it has been asked whether it lives. */
  #askedMs: number | undefined;
  #lookedMs: number;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#sinceMs = options.nowMs();
    this.#lookedMs = this.#sinceMs;
    this.#output = new Output(socket);
    this.#frames = new FrameWriter(this.#output);
    this.#session = new Session(this.#frames, { ...options, onLeft: () => this.#close() });
    this.#reader = new FrameReader(this.#session);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onPeerEnd());
    // The 'close' that follows says all there is to do.
    socket.on('error', () => {});
    socket.on('close', () => this.#lose());
    this.#session.open();
  }

  /** @param chunk what came, as a stream or past it; only good until this returns */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#hasSpoken = true;
    this.#output.hold();
    try {
      this.#reader.read(chunk);
      this.#session.mustFlow();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#fail(error);
    } finally {
      this.#output.flush();
    }
    if (this.#output.unreadBytes > mostUnreadBytes && !this.#isStalled) {
      this.#isStalled = true;
      this.#socket.pause();
    }
  }

  /** Asks the peer to leave; the connection closes when it has and nothing is open. */
  leave(): void {
    this.#session.leave();
  }

  /** Ends it now. */
  destroy(): void {
    this.#socket.destroy();
    this.#lose();
  }

  /** To be called about once a second: looks for peers that are gone and connections that do not end. */
  look(nowMs: number): void {
    // While this process did not run it heard nobody.
    if (nowMs - this.#lookedMs > lateLookMs) this.#hasSpoken = true;
    this.#lookedMs = nowMs;
    if (this.#state === 'closing') {
      if (nowMs - this.#sinceMs >= closeTimeoutMs) this.destroy();
    } else if (this.#hasSpoken) {
      this.#hasSpoken = false;
      this.#askedMs = undefined;
      this.#sinceMs = nowMs;
    } else if (this.#askedMs !== undefined) {
      if (nowMs - this.#askedMs >= this.#options.keepaliveWithinMs) this.destroy();
    } else if (nowMs - this.#sinceMs >= this.#options.keepaliveAfterMs) {
      this.#askedMs = nowMs;
      this.#frames.ping(keepalivePing, false);
    }
  }

  /** The peer says no more. What is written may still go out, to a peer that reads. */
  #onPeerEnd(): void {
    this.#close();
    this.#session.lose();
  }

  #onDrain(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#socket.resume();
  }

  #fail({ code, message }: ConnectionError): void {
    if (this.#state !== 'open') return;
    this.#frames.goaway(this.#session.lastStreamId, code, message);
    this.#close();
    this.#session.lose();
  }

  /** Says what is left to say, then ends the socket. */
  #close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#sinceMs = this.#options.nowMs();
    // Behind what the code that is running still writes.
    queueMicrotask(() => {
      this.#output.flush();
      this.#socket.end();
    });
  }

  #lose(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#session.lose();
    this.#options.onClosed(this);
  }
}
