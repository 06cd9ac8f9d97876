import { type ErrorCode, errorCode, largestWindowBytes } from './protocol.ts';
import type { SendFlow } from './sendFlow.ts';

/** What is told of one request to whoever answers it. After `onGone` nothing more comes. */
export interface StreamListener {
  /** `bytes[start, end)` is only good until the call returns. */
  onData(bytes: Buffer, start: number, end: number): void;
  onEnd(): void;
  onGone(how: 'cancelled' | 'error'): void;
}

/** The connection, as its streams see it. */
export interface StreamOwner {
  readonly flow: SendFlow;
  /** Both sides have said all, or one of them has broken it off. */
  forget(stream: Http2Stream): void;
  /** Breaks it off from this side. */
  reset(stream: Http2Stream, code: ErrorCode): void;
  /** Messages that are not whole occupy so much more, or less; false: that is too much for one connection. */
  hold(bytes: number): boolean;
}

/** How a stream begins. */
export interface NewStream {
  /** Its first header block is all of the request. */
  readonly isWhole: boolean;
  /** What `content-length` says, or -1. */
  readonly contentBytes: number;
}

/** What waits for the peer to widen a window. */
interface Queue {
  readonly chunks: Uint8Array[];
  /** How many of them are sent. */
  sent: number;
  trailers: Uint8Array | undefined;
}

/** What it costs about to keep a chunk, beside its bytes. */
const keepingBytes = 128;

const nothing = new Uint8Array(0);

/**
 * One stream, from the server's side: what may still be sent and received on it. It is open until both sides
 * have ended it; a server that ends first tells the client to stop, so nothing lingers half-closed.
 */
export class Http2Stream {
  readonly id: number;
  readonly #owner: StreamOwner;
  #listener: StreamListener | undefined;
  /** What has come since the peer's window was last widened. */
  usedBytes = 0;
  /** What `content-length` promised and has not come, or -1. */
  #missingBytes: number;
  #sendWindowBytes: number;
  #queue: Queue | undefined;
  #hasPeerEnded: boolean;
  #hasEnded = false;

  constructor(id: number, owner: StreamOwner, { isWhole, contentBytes }: NewStream) {
    this.id = id;
    this.#hasPeerEnded = isWhole;
    this.#missingBytes = contentBytes;
    this.#owner = owner;
    this.#sendWindowBytes = owner.flow.peer.initialWindowBytes;
  }

  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded;
  }

  /** Unless it was answered while it was accepted. */
  begin(listener: StreamListener): void {
    if (this.#hasEnded) return;
    this.#listener = listener;
    if (this.#hasPeerEnded) listener.onEnd();
  }

  sendHeaders(block: Uint8Array): void {
    if (!this.#hasEnded) this.#owner.flow.frames.headers(this.id, block, false);
  }

  /** Two pieces, sent as if they were one. They are copied where they have to wait. */
  sendData(first: Uint8Array, second: Uint8Array): void {
    if (this.#hasEnded) return;
    const { flow } = this.#owner;
    const bytes = first.length + second.length;
    if (this.#queue === undefined && bytes <= this.#sendableBytes()) {
      this.#sendWindowBytes -= bytes;
      flow.windowBytes -= bytes;
      flow.frames.data(this.id, first, second);
    } else {
      this.#queue ??= { chunks: [], sent: 0, trailers: undefined };
      this.#queue.chunks.push(Buffer.concat([first, second]));
      flow.queuedBytes += bytes + keepingBytes;
      this.sendQueued();
    }
  }

  /** The last header block, behind all data; with nothing before it, the only one. */
  end(block: Uint8Array): void {
    if (this.#hasEnded) return;
    if (this.#queue !== undefined) this.#queue.trailers = block;
    else this.#sendEnd(block);
  }

  /** What has come and is kept until there is more of it; false: all streams together keep too much. */
  hold(bytes: number): boolean {
    return this.#owner.hold(bytes);
  }

  /** As much of what waits as the windows allow. */
  sendQueued(): void {
    const queue = this.#queue;
    if (queue === undefined) return;
    const { flow } = this.#owner;
    for (let chunk = queue.chunks[queue.sent]; chunk !== undefined; chunk = queue.chunks[queue.sent]) {
      const bytes = Math.min(chunk.length, this.#sendableBytes());
      if (bytes <= 0) {
        this.#wait();
        return;
      }
      this.#sendWindowBytes -= bytes;
      flow.windowBytes -= bytes;
      flow.queuedBytes -= bytes;
      flow.frames.data(this.id, chunk.subarray(0, bytes), nothing);
      if (bytes < chunk.length) queue.chunks[queue.sent] = chunk.subarray(bytes);
      else {
        dropFirst(queue);
        flow.queuedBytes -= keepingBytes;
      }
    }
    this.#dropQueue();
    if (queue.trailers !== undefined) this.#sendEnd(queue.trailers);
  }

  /** @returns false when the window would become larger than HTTP/2 can say */
  widen(bytes: number): boolean {
    this.#sendWindowBytes += bytes;
    if (this.#sendWindowBytes > largestWindowBytes) return false;
    this.sendQueued();
    return true;
  }

  /** @returns the peer's mistake, if it made one */
  onData(bytes: Buffer, start: number, end: number): ErrorCode | undefined {
    if (this.#hasPeerEnded) return errorCode.streamClosed;
    if (this.#missingBytes >= 0) {
      this.#missingBytes -= end - start;
      if (this.#missingBytes < 0) return errorCode.protocolError;
    }
    this.#listener?.onData(bytes, start, end);
    return undefined;
  }

  /** @returns the peer's mistake, if it made one */
  onPeerEnd(): ErrorCode | undefined {
    if (this.#hasPeerEnded) return errorCode.streamClosed;
    if (this.#missingBytes > 0) return errorCode.protocolError;
    this.#hasPeerEnded = true;
    if (!this.#hasEnded) this.#listener?.onEnd();
    return undefined;
  }

  /** Broken off by the peer, by the loss of the connection, or for a mistake of the peer. */
  onGone(how: 'cancelled' | 'error'): void {
    this.#hasEnded = true;
    this.#dropQueue();
    this.#listener?.onGone(how);
    this.#listener = undefined;
  }

  #sendableBytes(): number {
    const { flow } = this.#owner;
    return Math.min(this.#sendWindowBytes, flow.windowBytes, flow.peer.maxFrameBytes);
  }

  #sendEnd(block: Uint8Array): void {
    this.#hasEnded = true;
    this.#listener = undefined;
    this.#owner.flow.frames.headers(this.id, block, true);
    if (this.#hasPeerEnded) this.#owner.forget(this);
    else this.#owner.reset(this, errorCode.noError);
  }

  /** A window of its own that is used up is its own matter: the connection's, when widened, looks for others. */
  #wait(): void {
    const { waiting } = this.#owner.flow;
    if (this.#sendWindowBytes > 0) waiting.add(this);
    else waiting.delete(this);
  }

  #dropQueue(): void {
    if (this.#queue === undefined) return;
    const { flow } = this.#owner;
    for (const chunk of this.#queue.chunks.slice(this.#queue.sent)) {
      flow.queuedBytes -= chunk.length + keepingBytes;
    }
    this.#queue = undefined;
    flow.waiting.delete(this);
  }
}

/** What is sent is cut off when it is half of all, so that a long queue is not moved for each of its chunks. */
function dropFirst(queue: Queue): void {
  queue.chunks[queue.sent] = nothing;
  queue.sent += 1;
  if (queue.sent * 2 <= queue.chunks.length) return;
  queue.chunks.splice(0, queue.sent);
  queue.sent = 0;
}
