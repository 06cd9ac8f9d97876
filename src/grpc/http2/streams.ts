import type { AbuseBudgets } from './abuseBudgets.ts';
import { payloadOf } from './framePayload.ts';
import type { FrameWriter } from './frameWriter.ts';
import { type HeaderBlockSink, HeaderBlocks } from './headerBlocks.ts';
import { Http2Stream } from './http2Stream.ts';
import { ConnectionError, errorCode, flag, type Http2ErrorCode } from './protocol.ts';
import { ReceiveFlow } from './receiveFlow.ts';
import { RequestHeadReader } from './requestHeadReader.ts';
import type { SendFlow } from './sendFlow.ts';
import type { StreamOwner } from './streamOwner.ts';
import type { AcceptStream, StreamsOptions } from './streamsOptions.ts';
import { StreamTable } from './streamTable.ts';

/** What the streams of one connection share. */
export interface StreamsParts {
  readonly frames: FrameWriter;
  readonly flow: SendFlow;
  readonly budgets: AbuseBudgets;
  /** The last open stream is closed. */
  readonly onEmpty: () => void;
}

/** What a stream occupies, about, before its handler has a message to account for it by. */
const awaitedStreamBytes = 1024;

/**
 * The streams of one connection: what frames that name a stream mean. A stream error resets the
 * stream; a connection error is thrown (RFC 9113, section 5.4).
 */
export class Streams implements StreamOwner, HeaderBlockSink {
  readonly flow: SendFlow;
  awaited = 0;
  readonly contain: StreamsOptions['contain'];
  readonly #options: StreamsOptions;
  readonly #parts: StreamsParts;
  readonly #table = new StreamTable();
  readonly #blocks: HeaderBlocks;
  readonly #heads: RequestHeadReader;
  readonly #received: ReceiveFlow;
  /** What takes requests with the current head, once one has been routed. */
  #accept: AcceptStream | undefined;
  #acceptsNew = true;
  #partialBytes = 0;

  constructor(options: StreamsOptions, parts: StreamsParts) {
    this.#options = options;
    this.#parts = parts;
    this.flow = parts.flow;
    this.contain = options.contain;
    this.#blocks = new HeaderBlocks(this, parts.budgets, options.limits.headerBytes);
    this.#heads = new RequestHeadReader(options.limits.headerBytes);
    this.#received = new ReceiveFlow(parts.frames);
  }

  get open(): number {
    return this.#table.size;
  }

  get lastId(): number {
    return this.#table.lastId;
  }

  /** The memory that partial messages, a partial header block and awaited streams occupy. */
  get heldBytes(): number {
    return this.#partialBytes + this.#blocks.heldBytes + this.awaited * awaitedStreamBytes;
  }

  get incompleteBlockStreamId(): number | undefined {
    return this.#blocks.incompleteStreamId;
  }

  /** Another one for each header block. */
  get partialBlock(): number | undefined {
    return this.#blocks.partialBlock;
  }

  openWindow(): void {
    this.#received.open();
  }

  /** Ignores new streams from now on: the final GOAWAY told the peer to retry them elsewhere. */
  ignoreNew(): void {
    this.#acceptsNew = false;
  }

  /** The peer's SETTINGS_INITIAL_WINDOW_SIZE changed by `bytes` (RFC 9113, section 6.9.2). */
  growAllWindows(bytes: number): void {
    if (this.#table.growAllWindows(bytes, this.#options.turns)) return;
    throw new ConnectionError(errorCode.flowControlError, 'a stream window exceeds 2^31-1');
  }

  /**
   * The connection is lost: closes streams until the slice is spent.
   *
   * @returns whether all are closed
   */
  abortAll(): boolean {
    return this.#table.abortAll(this.#options.turns, this.#options.onUnexpectedError);
  }

  /**
   * Resets streams whose peer has let them wait for too long; in several checks if there are many.
   * @param elapsedMs the time that counts for deadlines
   */
  resetOverdue(elapsedMs: number): void {
    if (this.awaited === 0) return;
    for (const stream of this.#table.overdue(elapsedMs)) {
      this.#fail(stream.id, errorCode.cancel);
      if (this.#options.turns.spend(1)) return;
    }
  }

  remove(id: number): void {
    this.#table.remove(id);
    if (this.#table.size === 0) this.#parts.onEmpty();
  }

  reset(id: number, code: Http2ErrorCode): void {
    this.#parts.frames.rstStream(id, code);
    this.#table.recordReset(id);
    this.remove(id);
  }

  reserveBuffer(bytes: number): boolean {
    if (bytes > 0 && this.#partialBytes + bytes > this.#options.maxPartialBytes) return false;
    this.#partialBytes += bytes;
    return true;
  }

  onData(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const endStream = (flags & flag.endStream) !== 0;
    if (end === start && !endStream) this.#parts.budgets.emptyFrame();
    this.#received.onConnection(end - start);
    const payload = payloadOf(flags, 0, bytes, start, end);
    const stream = this.#table.get(id);
    if (stream === undefined) this.#onLateData(id);
    else {
      const fits = endStream || this.#received.onStream(stream, end - start);
      const error = fits ? stream.onData(bytes, payload, endStream) : errorCode.flowControlError;
      if (error !== undefined) this.#fail(id, error);
    }
  }

  onSent(id: number): void {
    const stream = this.#table.get(id);
    if (stream?.state === 'open') this.#received.onStream(stream, 0);
  }

  onHeaders(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#blocks.onHeaders(flags, id, bytes, start, end);
  }

  onContinuation(flags: number, bytes: Buffer, start: number, end: number): void {
    this.#blocks.onContinuation(flags, bytes, start, end);
  }

  onPriority(id: number, bytes: number): void {
    this.#parts.budgets.emptyFrame();
    if (bytes !== 5) this.#fail(id, errorCode.frameSizeError);
  }

  onRstStream(id: number): void {
    this.#requireNotIdle(id);
    this.#parts.budgets.reset();
    const stream = this.#table.get(id);
    if (stream === undefined) return;
    this.remove(id);
    stream.abort('cancelled');
  }

  onWindowUpdate(id: number, bytes: number): void {
    this.#requireNotIdle(id);
    const stream = this.#table.get(id);
    if (stream === undefined) return;
    if (bytes === 0) this.#fail(id, errorCode.protocolError);
    else if (stream.growWindow(bytes)) this.flow.sendWaiting();
    else this.#fail(id, errorCode.flowControlError);
  }

  /** Reads the block whatever becomes of the stream, because later blocks refer to its table. */
  onHeaderBlock(id: number, endStream: boolean, bytes: Buffer, start: number, end: number): void {
    if (this.#table.kindOf(id) === 'idle') {
      if (this.#heads.readRequest(bytes, start, end)) this.#accept = undefined;
      this.#onRequest(id, endStream);
    } else {
      this.#heads.readTrailers(bytes, start, end);
      this.#onTrailers(id, endStream);
    }
  }

  #onRequest(id: number, endStream: boolean): void {
    if (id % 2 === 0) throw new ConnectionError(errorCode.protocolError, 'a client opens odd streams only');
    if (!this.#acceptsNew) return;
    this.#table.use(id);
    const { route, limits, headersTooLarge } = this.#options;
    const verdict = this.#heads.head.requestVerdict(endStream);
    if (verdict === 'malformed') this.#refuse(id, errorCode.protocolError);
    else if (this.#table.size >= limits.streams) this.#refuse(id, errorCode.refusedStream);
    else {
      const { contentBytes } = this.#heads.head;
      const stream = new Http2Stream(id, this, { endStream, contentBytes });
      this.#table.add(stream);
      if (verdict === 'good') {
        this.#accept ??= route(this.#heads.head);
        stream.begin(this.#accept(stream));
      } else stream.end(headersTooLarge);
    }
  }

  #onTrailers(id: number, endStream: boolean): void {
    const stream = this.#table.get(id);
    if (stream === undefined) {
      if (this.#table.kindOf(id) === 'reset-sent') return;
      throw new ConnectionError(errorCode.streamClosed, 'HEADERS on a closed stream');
    }
    const isAcceptable =
      stream.state !== 'open' || (endStream && this.#heads.head.trailersVerdict() === 'good');
    const error = isAcceptable ? stream.onEndStream() : errorCode.protocolError;
    if (error !== undefined) this.#fail(id, error);
  }

  /** DATA for a stream that is not open: ignored after a reset from here, else an error. */
  #onLateData(id: number): void {
    this.#requireNotIdle(id);
    if (this.#table.kindOf(id) === 'closed') this.#fail(id, errorCode.streamClosed);
  }

  #refuse(id: number, code: Http2ErrorCode): void {
    this.#parts.budgets.reset();
    this.#parts.frames.rstStream(id, code);
    this.#table.recordReset(id);
  }

  #fail(id: number, code: Http2ErrorCode): void {
    this.#parts.budgets.reset();
    const stream = this.#table.get(id);
    if (stream === undefined) this.#parts.frames.rstStream(id, code);
    else {
      this.reset(id, code);
      stream.abort('error');
    }
  }

  #requireNotIdle(id: number): void {
    if (this.#table.kindOf(id) !== 'idle') return;
    // Streams that are ignored after the final GOAWAY leave no trace (RFC 9113, section 6.8).
    if (!this.#acceptsNew && id % 2 === 1) return;
    throw new ConnectionError(errorCode.protocolError, 'a frame on an idle stream');
  }
}
