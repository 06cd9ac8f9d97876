import type { AbuseGuard } from './abuseGuard.ts';
import type { FrameWriter } from './frameWriter.ts';
import { HeaderBlock } from './headerBlock.ts';
import { HeadReader } from './headReader.ts';
import { Http2Stream, type StreamListener, type StreamOwner } from './http2Stream.ts';
import type { Http2Limits } from './limits.ts';
import { payloadOf } from './padding.ts';
import { ConnectionError, type ErrorCode, errorCode, flag } from './protocol.ts';
import { ReceiveFlow } from './receiveFlow.ts';
import type { RequestHead } from './requestHead.ts';
import type { SendFlow } from './sendFlow.ts';
import { StreamTable } from './streamTable.ts';

/**
 * Reads the head of a request; what it answers takes that request, and every later one with the same head. What
 * it needs of the head it copies: the next request is read into the same one.
 */
export type AcceptRequest = (head: RequestHead) => TakeStream;
export type TakeStream = (stream: Http2Stream) => StreamListener;

export interface StreamsOptions {
  readonly accept: AcceptRequest;
  /** The whole answer, a header block, to a request whose header list is too large. */
  readonly headersTooLarge: Uint8Array;
  readonly limits: Http2Limits;
}

/**
 * What messages that are not whole may occupy on one connection. Windows are given back as bytes come, so that
 * streams that wait for each other's rest do not block each other; this is the bound in their place.
 */
export const mostHeldBytes = 64 * 1024 * 1024;

/** What the streams of one connection share. */
export interface StreamsParts {
  readonly frames: FrameWriter;
  readonly flow: SendFlow;
  readonly guard: AbuseGuard;
  /** The last open stream has gone. */
  readonly onEmpty: () => void;
}

/**
 * The requests of one connection: what frames that name a stream mean. A mistake of the peer ends the stream,
 * or is thrown as a ConnectionError where HTTP/2 wants that or both sides could no longer understand each other.
 */
export class Streams implements StreamOwner {
  readonly flow: SendFlow;
  readonly #options: StreamsOptions;
  readonly #parts: StreamsParts;
  readonly #table = new StreamTable();
  /** What becomes of requests with the head at hand, once one has come. */
  #take: TakeStream | undefined;
  readonly #heads: HeadReader;
  readonly #received: ReceiveFlow;
  #block: HeaderBlock | undefined;
  #takesNew = true;
  #heldBytes = 0;

  constructor(options: StreamsOptions, parts: StreamsParts) {
    this.#options = options;
    this.#parts = parts;
    this.flow = parts.flow;
    this.#heads = new HeadReader(options.limits.headerBytes);
    this.#received = new ReceiveFlow(parts.frames);
  }

  get open(): number {
    return this.#table.size;
  }

  get lastId(): number {
    return this.#table.lastId;
  }

  /** The stream whose header block is not whole: nothing but its continuation may come. */
  get unfinishedBlock(): number | undefined {
    return this.#block?.streamId;
  }

  /** Behind the first SETTINGS frame. */
  openWindow(): void {
    this.#received.open();
  }

  /** New ones are left unanswered from here on. */
  takeNoMore(): void {
    this.#takesNew = false;
  }

  /** The peer changed the window that its streams begin with, and with it all that are open. */
  widenAll(bytes: number): void {
    for (const stream of [...this.#table.all()]) {
      if (!stream.widen(bytes))
        throw new ConnectionError(errorCode.flowControlError, 'a window is too large');
    }
  }

  /** The connection is gone, and all its streams with it. */
  lose(): void {
    const streams = [...this.#table.all()];
    this.#table.clear();
    for (const stream of streams) stream.onGone('error');
  }

  forget(stream: Http2Stream): void {
    this.#table.remove(stream.id);
    if (this.#table.size === 0) this.#parts.onEmpty();
  }

  reset(stream: Http2Stream, code: ErrorCode): void {
    this.#parts.frames.rstStream(stream.id, code);
    this.#table.rememberReset(stream.id);
    this.forget(stream);
  }

  hold(bytes: number): boolean {
    if (bytes > 0 && this.#heldBytes + bytes > mostHeldBytes) return false;
    this.#heldBytes += bytes;
    return true;
  }

  onData(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (end === start && !(flags & flag.endStream)) this.#parts.guard.emptyFrame();
    this.#received.onConnection(end - start);
    const payload = payloadOf(flags, 0, bytes, start, end);
    const stream = this.#table.get(id);
    if (stream === undefined) this.#onLateData(id);
    else {
      const isLast = (flags & flag.endStream) !== 0;
      if (!isLast) this.#received.onStream(stream, end - start);
      const mistake =
        stream.onData(bytes, payload.start, payload.end) ?? (isLast ? stream.onPeerEnd() : undefined);
      if (mistake !== undefined) this.#break(id, mistake);
    }
  }

  onHeaders(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const payload = payloadOf(flags, flag.priority, bytes, start, end);
    const isLast = (flags & flag.endStream) !== 0;
    if (flags & flag.endHeaders) this.#onBlock(id, isLast, bytes, payload.start, payload.end);
    else {
      this.#block = new HeaderBlock(id, isLast, this.#options.limits.headerBytes);
      this.#onFragment(this.#block, bytes, payload.start, payload.end);
    }
  }

  onContinuation(flags: number, bytes: Buffer, start: number, end: number): void {
    const block = this.#block;
    if (block === undefined) {
      throw new ConnectionError(errorCode.protocolError, 'CONTINUATION without a header block');
    }
    this.#onFragment(block, bytes, start, end);
    if (!(flags & flag.endHeaders)) return;
    this.#block = undefined;
    const whole = block.whole();
    this.#onBlock(block.streamId, block.isLast, whole, 0, whole.length);
  }

  /** How the peer would like its streams ordered is not heeded (RFC 9113, section 5.3). */
  onPriority(id: number, bytes: number): void {
    this.#parts.guard.emptyFrame();
    if (bytes !== 5) this.#break(id, errorCode.frameSizeError);
  }

  onRstStream(id: number): void {
    this.#mustHaveBegun(id);
    this.#parts.guard.reset();
    const stream = this.#table.get(id);
    if (stream === undefined) return;
    this.forget(stream);
    stream.onGone('cancelled');
  }

  onWindowUpdate(id: number, bytes: number): void {
    this.#mustHaveBegun(id);
    const stream = this.#table.get(id);
    if (stream === undefined) return;
    if (bytes === 0) this.#break(id, errorCode.protocolError);
    else if (!stream.widen(bytes)) this.#break(id, errorCode.flowControlError);
  }

  /** Does not let a stream begin. The rest of the request is under way. */
  #refuse(id: number, code: ErrorCode): void {
    this.#parts.guard.reset();
    this.#parts.frames.rstStream(id, code);
    this.#table.rememberReset(id);
  }

  /** Ends a stream for a mistake of the peer. */
  #break(id: number, code: ErrorCode): void {
    this.#parts.guard.reset();
    const stream = this.#table.get(id);
    if (stream === undefined) this.#parts.frames.rstStream(id, code);
    else {
      this.reset(stream, code);
      stream.onGone('error');
    }
  }

  #onLateData(id: number): void {
    this.#mustHaveBegun(id);
    if (this.#table.placeOf(id) === 'closed') this.#break(id, errorCode.streamClosed);
  }

  #onFragment(block: HeaderBlock, bytes: Buffer, start: number, end: number): void {
    if (start === end) this.#parts.guard.emptyFrame();
    block.add(bytes, start, end);
  }

  #onBlock(id: number, isLast: boolean, bytes: Buffer, start: number, end: number): void {
    const isNew = this.#table.placeOf(id) === 'idle';
    // Whatever becomes of the stream: later blocks build on this one.
    if (isNew) {
      if (this.#heads.readRequest(bytes, start, end)) this.#take = undefined;
      this.#onRequest(id, isLast);
    } else {
      this.#heads.readTrailers(bytes, start, end);
      this.#onTrailers(id, isLast);
    }
  }

  #onRequest(id: number, isWhole: boolean): void {
    if (id % 2 === 0) throw new ConnectionError(errorCode.protocolError, 'clients use odd stream ids');
    // The peer has been told that it is too late, and tries it elsewhere.
    if (!this.#takesNew) return;
    this.#table.use(id);
    const { accept, limits, headersTooLarge } = this.#options;
    const judgement = this.#heads.head.requestVerdict(isWhole);
    if (judgement === 'malformed') this.#refuse(id, errorCode.protocolError);
    else if (this.#table.size >= limits.streams) this.#refuse(id, errorCode.refusedStream);
    else {
      const { contentBytes } = this.#heads.head;
      const stream = new Http2Stream(id, this, { isWhole, contentBytes });
      this.#table.add(stream);
      if (judgement === 'good') {
        this.#take ??= accept(this.#heads.head);
        stream.begin(this.#take(stream));
      } else stream.end(headersTooLarge);
    }
  }

  #onTrailers(id: number, isLast: boolean): void {
    const stream = this.#table.get(id);
    if (stream === undefined) {
      if (this.#table.placeOf(id) === 'reset-here') return;
      throw new ConnectionError(errorCode.streamClosed, 'HEADERS for a stream that is closed');
    }
    const isGood = stream.hasPeerEnded || (isLast && this.#heads.head.trailersVerdict() === 'good');
    const mistake = isGood ? stream.onPeerEnd() : errorCode.protocolError;
    if (mistake !== undefined) this.#break(id, mistake);
  }

  #mustHaveBegun(id: number): void {
    if (this.#table.placeOf(id) !== 'idle') return;
    // It may have, since nothing is noted of those that came too late (RFC 9113, section 6.8).
    if (!this.#takesNew && id % 2 === 1) return;
    throw new ConnectionError(errorCode.protocolError, 'a frame for a stream that was never opened');
  }
}
