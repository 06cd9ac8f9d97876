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
  reset(streamId: number, code: ErrorCode): void;
}

/** What waits for the peer to widen a window. */
interface Queue {
  readonly chunks: Uint8Array[];
  trailers: Uint8Array | undefined;
}

const nothing = new Uint8Array(0);

/**
 * One stream, from the server's side: what may still be sent and received on it. It is open until both sides
 * have ended it; a server that ends first tells the client to stop, so nothing lingers half-closed.
 */
export class Http2Stream {
  readonly id: number;
  readonly #owner: StreamOwner;
  #listener: StreamListener | undefined;
  /** What the peer may still send; given back as a whole once half is used. */
  receiveWindowBytes: number;
  /** What `content-length` promised and has not come, or -1. */
  #missingBytes: number;
  #sendWindowBytes: number;
  #queue: Queue | undefined;
  #hasPeerEnded = false;
  #hasEnded = false;

  constructor(id: number, owner: StreamOwner, receiveWindowBytes: number, contentBytes: number) {
    this.id = id;
    this.#owner = owner;
    this.receiveWindowBytes = receiveWindowBytes;
    this.#missingBytes = contentBytes;
    this.#sendWindowBytes = owner.flow.peer.initialWindowBytes;
  }

  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded;
  }

  /** Unless it has been answered already, while it was accepted. */
  listen(listener: StreamListener): void {
    if (!this.#hasEnded) this.#listener = listener;
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
      this.#waiting().chunks.push(Buffer.concat([first, second]));
      this.sendQueued();
    }
  }

  /** The last header block, behind all data; with nothing before it, the only one. */
  end(block: Uint8Array): void {
    if (this.#hasEnded) return;
    if (this.#queue !== undefined) this.#queue.trailers = block;
    else this.#sendEnd(block);
  }

  /** As much of what waits as the windows allow. */
  sendQueued(): void {
    const queue = this.#queue;
    if (queue === undefined) return;
    const { flow } = this.#owner;
    for (let chunk = queue.chunks[0]; chunk !== undefined; chunk = queue.chunks[0]) {
      const bytes = Math.min(chunk.length, this.#sendableBytes());
      if (bytes <= 0) return;
      this.#sendWindowBytes -= bytes;
      flow.windowBytes -= bytes;
      flow.frames.data(this.id, chunk.subarray(0, bytes), nothing);
      if (bytes === chunk.length) queue.chunks.shift();
      else queue.chunks[0] = chunk.subarray(bytes);
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

  /** @returns false when more comes than `content-length` said */
  onData(bytes: Buffer, start: number, end: number): boolean {
    if (this.#missingBytes >= 0) {
      this.#missingBytes -= end - start;
      if (this.#missingBytes < 0) return false;
    }
    this.#listener?.onData(bytes, start, end);
    return true;
  }

  /** @returns false when less came than `content-length` said */
  onPeerEnd(): boolean {
    if (this.#missingBytes > 0) return false;
    this.#hasPeerEnded = true;
    if (this.#hasEnded) this.#owner.forget(this);
    else this.#listener?.onEnd();
    return true;
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
    else this.#owner.reset(this.id, errorCode.noError);
  }

  #waiting(): Queue {
    this.#owner.flow.waiting.add(this);
    this.#queue ??= { chunks: [], trailers: undefined };
    return this.#queue;
  }

  #dropQueue(): void {
    if (this.#queue === undefined) return;
    this.#queue = undefined;
    this.#owner.flow.waiting.delete(this);
  }
}
