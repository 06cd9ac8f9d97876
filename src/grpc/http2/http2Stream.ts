import type { Payload } from './framePayload.ts';
import { errorCode, type Http2ErrorCode, largestWindowBytes } from './protocol.ts';
import { SendQueue } from './sendQueue.ts';
import type { StreamListener, StreamOwner } from './streamOwner.ts';
import type { StreamState } from './streamState.ts';

/** The head of the request that opens a stream. */
export interface StreamStart {
  /** The HEADERS frame carried END_STREAM. */
  readonly endStream: boolean;
  /** The value of `content-length`, or -1. */
  readonly contentBytes: number;
}

const emptyChunk = new Uint8Array(0);

/** What a stream waits for from its peer, as bits. */
const awaits = { nothing: 0, message: 1, window: 2 } as const;

/** Then other streams are sent, and the slice of the connection may be spent. */
const maxChunksAtOnce = 64;

/** One stream: its state, what may still be sent on it, and its queue when a window is used up. */
export class Http2Stream {
  readonly id: number;
  /** Received since the last WINDOW_UPDATE for this stream. */
  receivedBytes = 0;
  /** When a check first saw it awaited for the same; undefined: none has. In elapsed ms. */
  awaitedSinceMs: number | undefined;
  readonly #owner: StreamOwner;
  #state: StreamState;
  #listener: StreamListener | undefined;
  /** What `content-length` announced and has not arrived, or -1. */
  #missingBytes: number;
  #sendWindowBytes: number;
  #queue: SendQueue | undefined;
  #awaits: number = awaits.message;

  constructor(id: number, owner: StreamOwner, { endStream, contentBytes }: StreamStart) {
    this.id = id;
    this.#state = endStream ? 'half-closed-remote' : 'open';
    this.#missingBytes = contentBytes;
    this.#owner = owner;
    this.#sendWindowBytes = owner.flow.peer.initialWindowBytes;
    owner.awaited += 1;
  }

  /** The same object for all streams of one connection. */
  get connection(): object {
    return this.#owner;
  }

  /** The peer must do something before it goes on: a message is expected, or data is queued. */
  get isAwaited(): boolean {
    return this.#awaits !== awaits.nothing;
  }

  /** Whether the peer has to send a message, or the rest of one. True in the beginning. */
  expectMessage(isExpected: boolean): void {
    this.#setAwaits(isExpected ? this.#awaits | awaits.message : this.#awaits & ~awaits.message);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Does nothing when the stream was ended while its listener was made. */
  begin(listener: StreamListener): void {
    if (this.#state === 'closed') return;
    this.#listener = listener;
    if (this.#state === 'half-closed-remote') listener.onEnd();
  }

  sendHeaders(block: Uint8Array): void {
    if (this.#state !== 'closed') this.#owner.flow.frames.headers(this.id, block, false);
  }

  /** Sends two pieces in a row. They are copied if they must wait for a window. */
  sendData(first: Uint8Array, second: Uint8Array): void {
    if (this.#state === 'closed') return;
    const { flow } = this.#owner;
    const bytes = first.length + second.length;
    if (this.#queue === undefined && bytes <= Math.min(this.#sendWindowBytes, flow.windowBytes)) {
      this.#sendWindowBytes -= bytes;
      flow.windowBytes -= bytes;
      if (bytes <= flow.peer.maxFrameBytes) flow.frames.data(this.id, first, second);
      else this.#sendFrames(first, second);
    } else {
      this.#queue ??= new SendQueue();
      this.#setAwaits(this.#awaits | awaits.window);
      flow.queuedBytes += this.#queue.push(Buffer.concat([first, second]));
      this.sendQueued();
      if (flow.canSend) flow.continueLater();
    }
  }

  /** More than one frame, for which the windows have room. @param first shorter than a frame */
  #sendFrames(first: Uint8Array, second: Uint8Array): void {
    const { frames, peer } = this.#owner.flow;
    let sent = peer.maxFrameBytes - first.length;
    frames.data(this.id, first, second.subarray(0, sent));
    for (; sent < second.length; sent += peer.maxFrameBytes) {
      frames.data(this.id, second.subarray(sent, sent + peer.maxFrameBytes), emptyChunk);
    }
  }

  /** Data waits for a window: the peer does not read what it asked for. */
  get isQueueing(): boolean {
    return this.#queue !== undefined;
  }

  /** Sends the last header block, behind all queued data. */
  end(block: Uint8Array): void {
    if (this.#state === 'closed') return;
    if (this.#queue !== undefined) this.#queue.trailers = block;
    else this.#sendEnd(block);
  }

  /** For what no frame causes, such as a timer's work. */
  contain(work: () => void): void {
    this.#owner.contain(work);
  }

  reserveBuffer(bytes: number): boolean {
    return this.#owner.reserveBuffer(bytes);
  }

  sendQueued(): void {
    const queue = this.#queue;
    if (queue === undefined) return;
    const { flow } = this.#owner;
    for (let sent = 0; sent < maxChunksAtOnce && queue.first !== undefined; sent += 1) {
      const bytes = Math.min(queue.first.length, this.#sendableBytes());
      if (bytes <= 0) break;
      this.#sendWindowBytes -= bytes;
      flow.windowBytes -= bytes;
      flow.frames.data(this.id, queue.first.subarray(0, bytes), emptyChunk);
      flow.queuedBytes -= queue.shift(bytes);
      this.awaitedSinceMs = undefined;
    }
    if (queue.first === undefined) this.#endQueue(queue);
    else this.#waitForWindow();
  }

  #endQueue({ trailers }: SendQueue): void {
    this.#dropQueue();
    if (trailers !== undefined) this.#sendEnd(trailers);
    else this.#owner.onSent(this.id);
  }

  /**
   * What was queued is sent by `flow.sendWaiting`.
   *
   * @returns false when the window would exceed 2^31-1
   */
  growWindow(bytes: number): boolean {
    this.#sendWindowBytes += bytes;
    if (this.#sendWindowBytes > largestWindowBytes) return false;
    if (this.#queue !== undefined) this.#waitForWindow();
    return true;
  }

  /** @returns the stream error that the peer made, if any */
  onData(bytes: Buffer, { start, end }: Payload, endStream: boolean): Http2ErrorCode | undefined {
    if (this.#state !== 'open') return errorCode.streamClosed;
    if (this.#missingBytes >= 0) {
      this.#missingBytes -= end - start;
      if (this.#missingBytes < 0) return errorCode.protocolError;
    }
    this.#listener?.onData(bytes, start, end);
    return endStream ? this.onEndStream() : undefined;
  }

  /** @returns the stream error that the peer made, if any */
  onEndStream(): Http2ErrorCode | undefined {
    switch (this.#state) {
      case 'open':
        if (this.#missingBytes > 0) return errorCode.protocolError;
        this.#setState('half-closed-remote');
        this.#listener?.onEnd();
        return undefined;
      case 'half-closed-remote':
        return errorCode.streamClosed;
      // The data in front of END_STREAM made the server end the stream.
      case 'closed':
        return undefined;
      default:
        return this.#state satisfies never;
    }
  }

  /** The stream is reset, or its connection is lost. The owner has removed it. */
  abort(how: 'cancelled' | 'error'): void {
    this.#dropQueue();
    const listener = this.#listener;
    this.#setState('closed');
    listener?.onClosed(how);
  }

  /** The only writer of the state after the constructor. A closed stream has no listener. */
  #setState(state: StreamState): void {
    this.#state = state;
    if (state !== 'closed') return;
    this.#listener = undefined;
    this.#setAwaits(awaits.nothing);
  }

  #setAwaits(what: number): void {
    if (what === this.#awaits) return;
    if (this.#awaits === awaits.nothing) this.#owner.awaited += 1;
    if (what === awaits.nothing) this.#owner.awaited -= 1;
    this.#awaits = what;
    this.awaitedSinceMs = undefined;
  }

  #sendEnd(block: Uint8Array): void {
    const isWhole = this.#state === 'half-closed-remote';
    this.#owner.flow.frames.headers(this.id, block, true);
    this.#setState('closed');
    if (isWhole) this.#owner.remove(this.id);
    else this.#owner.reset(this.id, errorCode.noError);
  }

  #sendableBytes(): number {
    const { flow } = this.#owner;
    return Math.min(this.#sendWindowBytes, flow.windowBytes, flow.peer.maxFrameBytes);
  }

  #waitForWindow(): void {
    const { waiting } = this.#owner.flow;
    if (this.#sendWindowBytes > 0) waiting.add(this);
    else waiting.delete(this);
  }

  #dropQueue(): void {
    if (this.#queue === undefined) return;
    this.#owner.flow.queuedBytes -= this.#queue.size();
    this.#queue = undefined;
    this.#owner.flow.waiting.delete(this);
    this.#setAwaits(this.#awaits & ~awaits.window);
  }
}
