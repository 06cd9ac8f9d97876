import { CompressionError, HpackDecoder } from '../hpack/decoder.ts';
import { AbuseGuard } from './abuseGuard.ts';
import type { FrameSink } from './frameReader.ts';
import type { FrameWriter } from './frameWriter.ts';
import { HeaderBlock } from './headerBlock.ts';
import { Http2Stream, type StreamListener, type StreamOwner } from './http2Stream.ts';
import type { Http2Limits } from './limits.ts';
import { payloadOf } from './padding.ts';
import { PeerSettings } from './peerSettings.ts';
import {
  ConnectionError,
  defaultTableBytes,
  type ErrorCode,
  errorCode,
  flag,
  frameType,
  largestStreamId,
  setting,
} from './protocol.ts';
import { ReceiveFlow, streamWindowBytes } from './receiveFlow.ts';
import { RequestHead } from './requestHead.ts';
import { SendFlow } from './sendFlow.ts';
import { StreamTable } from './streamTable.ts';

/** Takes each request. What it reads of the head it copies: the next request has the same one. */
export type AcceptRequest = (head: RequestHead, stream: Http2Stream) => StreamListener;

export interface SessionOptions {
  readonly accept: AcceptRequest;
  /** The whole answer, a header block, to a request whose header list is too large. */
  readonly headersTooLarge: Uint8Array;
  readonly limits: Http2Limits;
  readonly nowMs: () => number;
  /** One side leaves and no stream is open any more. */
  readonly onLeft: () => void;
}

/** Sent behind the first GOAWAY: when it comes back, the peer has seen that one. */
const leavePing = Buffer.from('leaving.');

/**
 * What the frames of one connection mean: requests, their data and their end, and the agreements between the
 * two sides. Every mistake of the peer ends a stream, or is thrown as a ConnectionError.
 *
 * serving → announced   `leave`: "I will leave", while streams under way still arrive
 * announced → leaving   the peer has seen it: "and this was the last stream I take"
 */
export class Session implements FrameSink, StreamOwner {
  readonly flow: SendFlow;
  readonly #options: SessionOptions;
  readonly #frames: FrameWriter;
  readonly #streams = new StreamTable();
  readonly #hpack = new HpackDecoder(defaultTableBytes);
  readonly #head: RequestHead;
  readonly #received: ReceiveFlow;
  readonly #guard: AbuseGuard;
  readonly #peer = new PeerSettings();
  #hasPeerSettings = false;
  #block: HeaderBlock | undefined;
  #phase: 'serving' | 'announced' | 'leaving' = 'serving';
  #peerLeaves = false;

  constructor(frames: FrameWriter, options: SessionOptions) {
    this.#frames = frames;
    this.#options = options;
    this.flow = new SendFlow(frames, this.#peer);
    this.#received = new ReceiveFlow(frames);
    this.#head = new RequestHead(options.limits.headerBytes);
    this.#guard = new AbuseGuard(options.limits, options.nowMs);
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  get lastStreamId(): number {
    return this.#streams.lastId;
  }

  /** Says what this side allows: the first thing it sends. */
  open(): void {
    const { streams, headerBytes } = this.#options.limits;
    this.#frames.settings([
      [setting.maxConcurrentStreams, streams],
      [setting.initialWindowSize, streamWindowBytes],
      [setting.maxHeaderListSize, headerBytes],
    ]);
    this.#received.open();
  }

  /** Asks the peer to go. Streams that it opened before it knew are still taken. */
  leave(): void {
    if (this.#phase !== 'serving') return;
    this.#phase = 'announced';
    this.#frames.goaway(largestStreamId, errorCode.noError, '');
    this.#frames.ping(leavePing, false);
  }

  /** The connection is gone, and all its streams with it. */
  lose(): void {
    const streams = [...this.#streams.all()];
    this.#streams.clear();
    for (const stream of streams) stream.onGone('error');
  }

  onFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (!this.#hasPeerSettings && (type !== frameType.settings || flags & flag.ack)) {
      throw new ConnectionError(errorCode.protocolError, 'the first frame must be SETTINGS');
    }
    if (this.#block !== undefined && (type !== frameType.continuation || id !== this.#block.streamId)) {
      throw new ConnectionError(errorCode.protocolError, 'a frame within a header block');
    }
    switch (type) {
      case frameType.data:
        return this.#onData(flags, id, bytes, start, end);
      case frameType.headers:
        return this.#onHeaders(flags, id, bytes, start, end);
      case frameType.priority:
        return this.#onPriority(id, end - start);
      case frameType.rstStream:
        return this.#onRstStream(id, end - start);
      case frameType.settings:
        return this.#onSettings(flags, id, bytes, start, end);
      case frameType.pushPromise:
        throw new ConnectionError(errorCode.protocolError, 'clients do not push');
      case frameType.ping:
        return this.#onPing(flags, id, bytes.subarray(start, end));
      case frameType.goaway:
        return this.#onGoaway(id, end - start);
      case frameType.windowUpdate:
        return this.#onWindowUpdate(id, bytes, start, end);
      case frameType.continuation:
        return this.#onContinuation(flags, bytes, start, end);
      default:
        // Extensions are to be ignored.
        return this.#guard.emptyFrame();
    }
  }

  forget(stream: Http2Stream): void {
    this.#streams.remove(stream.id);
    this.#leaveIfDone();
  }

  reset(streamId: number, code: ErrorCode): void {
    this.#frames.rstStream(streamId, code);
    this.#streams.rememberReset(streamId);
    this.#streams.remove(streamId);
    this.#leaveIfDone();
  }

  /** Ends a stream for a mistake of the peer. */
  #break(streamId: number, code: ErrorCode): void {
    this.#guard.reset();
    const stream = this.#streams.get(streamId);
    this.reset(streamId, code);
    stream?.onGone('error');
  }

  #leaveIfDone(): void {
    if (this.#streams.size === 0 && (this.#phase === 'leaving' || this.#peerLeaves)) this.#options.onLeft();
  }

  #onData(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    mustHaveStream(id);
    if (end === start && !(flags & flag.endStream)) this.#guard.emptyFrame();
    this.#received.onConnection(end - start);
    const payload = payloadOf(flags, 0, bytes, start, end);
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#onLateFrame(id);
    if (stream.hasPeerEnded) return this.#break(id, errorCode.streamClosed);
    const isLast = (flags & flag.endStream) !== 0;
    if (!this.#received.onStream(stream, end - start, isLast)) {
      return this.#break(id, errorCode.flowControlError);
    }
    if (!stream.onData(bytes, payload.start, payload.end)) return this.#break(id, errorCode.protocolError);
    if (isLast && !stream.onPeerEnd()) this.#break(id, errorCode.protocolError);
  }

  /** DATA for a stream that is not open. */
  #onLateFrame(id: number): void {
    switch (this.#streams.placeOf(id)) {
      case 'idle':
        throw new ConnectionError(errorCode.protocolError, 'data for a stream that was never opened');
      case 'closed':
        return this.#break(id, errorCode.streamClosed);
      case 'reset-here':
    }
  }

  #onHeaders(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    mustHaveStream(id);
    const payload = payloadOf(flags, flags & flag.priority ? 5 : 0, bytes, start, end);
    const endStream = (flags & flag.endStream) !== 0;
    if (flags & flag.endHeaders) return this.#onBlock(id, endStream, bytes, payload.start, payload.end);
    this.#block = new HeaderBlock(id, endStream, this.#options.limits.headerBytes);
    this.#onFragment(bytes, payload.start, payload.end);
  }

  #onContinuation(flags: number, bytes: Buffer, start: number, end: number): void {
    const block = this.#block;
    if (block === undefined) {
      throw new ConnectionError(errorCode.protocolError, 'CONTINUATION without a header block');
    }
    this.#onFragment(bytes, start, end);
    if (!(flags & flag.endHeaders)) return;
    this.#block = undefined;
    const whole = block.whole();
    this.#onBlock(block.streamId, block.endStream, whole, 0, whole.length);
  }

  #onFragment(bytes: Buffer, start: number, end: number): void {
    if (start === end) this.#guard.emptyFrame();
    this.#block?.add(bytes, start, end);
  }

  #onBlock(id: number, endStream: boolean, bytes: Buffer, start: number, end: number): void {
    const isNew = this.#streams.placeOf(id) === 'idle';
    this.#head.clear(!isNew);
    try {
      // Whatever becomes of the stream: later blocks build on this one.
      this.#hpack.decode(bytes, start, end, this.#head);
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
      throw new ConnectionError(errorCode.compressionError, error.message);
    }
    if (isNew) this.#onRequest(id, endStream);
    else this.#onTrailers(id, endStream);
  }

  #onRequest(id: number, endStream: boolean): void {
    if (id % 2 === 0) throw new ConnectionError(errorCode.protocolError, 'clients use odd stream ids');
    // Said to be too late already; the peer tries it elsewhere.
    if (this.#phase === 'leaving') return;
    this.#streams.use(id);
    const { accept, limits, headersTooLarge } = this.#options;
    if (this.#streams.size >= limits.streams) return this.#break(id, errorCode.refusedStream);
    const judgement = this.#head.judgeRequest();
    if (judgement === 'malformed') return this.#break(id, errorCode.protocolError);
    const stream = new Http2Stream(id, this, streamWindowBytes, this.#head.contentBytes);
    this.#streams.add(stream);
    if (judgement === 'good') stream.listen(accept(this.#head, stream));
    else stream.end(headersTooLarge);
    if (endStream && !stream.onPeerEnd()) this.#break(id, errorCode.protocolError);
  }

  #onTrailers(id: number, endStream: boolean): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (this.#streams.placeOf(id) === 'reset-here') return;
      throw new ConnectionError(errorCode.streamClosed, 'HEADERS for a stream that is closed');
    }
    if (stream.hasPeerEnded) return this.#break(id, errorCode.streamClosed);
    const isGood = endStream && this.#head.judgeTrailers() === 'good';
    if (!isGood || !stream.onPeerEnd()) this.#break(id, errorCode.protocolError);
  }

  /** How the peer would like its streams ordered is not heeded (RFC 9113, section 5.3). */
  #onPriority(id: number, bytes: number): void {
    mustHaveStream(id);
    this.#guard.emptyFrame();
    if (bytes !== 5) this.#break(id, errorCode.frameSizeError);
  }

  #onRstStream(id: number, bytes: number): void {
    mustHaveStream(id);
    mustHaveBytes(bytes, 4);
    if (this.#streams.placeOf(id) === 'idle') {
      throw new ConnectionError(errorCode.protocolError, 'RST_STREAM for a stream that was never opened');
    }
    this.#guard.reset();
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.forget(stream);
    stream.onGone('cancelled');
  }

  #onSettings(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    mustHaveNoStream(id);
    if (flags & flag.ack) return mustHaveBytes(end - start, 0);
    if ((end - start) % 6 !== 0)
      throw new ConnectionError(errorCode.frameSizeError, 'SETTINGS of a wrong size');
    this.#hasPeerSettings = true;
    this.#guard.controlFrame();
    const before = this.#peer.initialWindowBytes;
    this.#peer.apply(bytes, start, end);
    this.#frames.settingsAck();
    const more = this.#peer.initialWindowBytes - before;
    if (more === 0) return;
    for (const stream of [...this.#streams.all()]) {
      if (!stream.widen(more)) throw new ConnectionError(errorCode.flowControlError, 'a window is too large');
    }
  }

  #onPing(flags: number, id: number, payload: Buffer): void {
    mustHaveNoStream(id);
    mustHaveBytes(payload.length, 8);
    if (!(flags & flag.ack)) {
      this.#guard.controlFrame();
      this.#frames.ping(payload, true);
    } else if (this.#phase === 'announced' && payload.equals(leavePing)) {
      this.#phase = 'leaving';
      this.#frames.goaway(this.#streams.lastId, errorCode.noError, '');
      this.#leaveIfDone();
    }
  }

  #onGoaway(id: number, bytes: number): void {
    mustHaveNoStream(id);
    if (bytes < 8) throw new ConnectionError(errorCode.frameSizeError, 'GOAWAY of a wrong size');
    this.#peerLeaves = true;
    this.#leaveIfDone();
  }

  #onWindowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    mustHaveBytes(end - start, 4);
    const more = bytes.readUInt32BE(start) & 0x7fffffff;
    if (id === 0) {
      if (more === 0) throw new ConnectionError(errorCode.protocolError, 'WINDOW_UPDATE by nothing');
      return this.flow.widen(more);
    }
    const stream = this.#streams.get(id);
    if (stream !== undefined) {
      if (more === 0) this.#break(id, errorCode.protocolError);
      else if (!stream.widen(more)) this.#break(id, errorCode.flowControlError);
    } else if (this.#streams.placeOf(id) === 'idle') {
      throw new ConnectionError(errorCode.protocolError, 'WINDOW_UPDATE for a stream that was never opened');
    }
  }
}

function mustHaveStream(id: number): void {
  if (id === 0) throw new ConnectionError(errorCode.protocolError, 'a frame that must name a stream');
}

function mustHaveNoStream(id: number): void {
  if (id !== 0) throw new ConnectionError(errorCode.protocolError, 'a frame that must not name a stream');
}

function mustHaveBytes(bytes: number, expected: number): void {
  if (bytes !== expected) throw new ConnectionError(errorCode.frameSizeError, 'a frame of a wrong size');
}
