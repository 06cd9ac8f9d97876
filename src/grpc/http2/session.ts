import { AbuseGuard } from './abuseGuard.ts';
import type { FrameSink } from './frameReader.ts';
import type { FrameWriter } from './frameWriter.ts';
import { PeerSettings } from './peerSettings.ts';
import {
  ConnectionError,
  defaultTableBytes,
  errorCode,
  flag,
  frameType,
  largestStreamId,
  setting,
} from './protocol.ts';
import { streamWindowBytes } from './receiveFlow.ts';
import { SendFlow } from './sendFlow.ts';
import { Streams, type StreamsOptions } from './streams.ts';

export interface SessionOptions extends StreamsOptions {
  readonly nowMs: () => number;
  /** One side leaves and no stream is open any more. */
  readonly onLeft: () => void;
}

/** Sent behind the first GOAWAY: when it comes back, the peer has seen that one. */
const leavePing = Buffer.from('leaving.');

/**
 * What the frames of one connection mean: hands on what belongs to a stream, and sees to what both sides agree
 * on for the whole connection. Every mistake of the peer that is not one stream's is thrown as a ConnectionError.
 *
 * serving → announced   `leave`: "I will leave", while streams under way still arrive
 * announced → leaving   the peer has seen it: "and this was the last stream I take"
 */
export class Session implements FrameSink {
  readonly #options: SessionOptions;
  readonly #frames: FrameWriter;
  readonly #peer = new PeerSettings();
  readonly #flow: SendFlow;
  readonly #guard: AbuseGuard;
  readonly #streams: Streams;
  #hasPeerSettings = false;
  #phase: 'serving' | 'announced' | 'leaving' = 'serving';
  #peerLeaves = false;

  constructor(frames: FrameWriter, options: SessionOptions) {
    this.#options = options;
    this.#frames = frames;
    this.#flow = new SendFlow(frames, this.#peer);
    this.#guard = new AbuseGuard(options.limits, options.nowMs);
    const parts = { frames, flow: this.#flow, guard: this.#guard, onEmpty: () => this.#leaveIfDone() };
    this.#streams = new Streams(options, parts);
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
    this.#streams.openWindow();
  }

  /** Asks the peer to go. Streams that it opened before it knew are still taken. */
  leave(): void {
    if (this.#phase !== 'serving') return;
    this.#phase = 'announced';
    this.#frames.goaway(largestStreamId, errorCode.noError, '');
    this.#frames.ping(leavePing, false);
  }

  /** The connection is gone. */
  lose(): void {
    this.#streams.lose();
  }

  onFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#mustBeInPlace(type, flags, id);
    switch (type) {
      case frameType.data:
        this.#streams.onData(flags, id, bytes, start, end);
        break;
      case frameType.headers:
        this.#streams.onHeaders(flags, id, bytes, start, end);
        break;
      case frameType.priority:
        this.#streams.onPriority(id, end - start);
        break;
      case frameType.rstStream:
        mustHaveBytes(end - start, 4);
        this.#streams.onRstStream(id);
        break;
      case frameType.settings:
        this.#onSettings(flags, bytes, start, end);
        break;
      case frameType.pushPromise:
        throw new ConnectionError(errorCode.protocolError, 'clients do not push');
      case frameType.ping:
        this.#onPing(flags, bytes.subarray(start, end));
        break;
      case frameType.goaway:
        this.#onGoaway(end - start);
        break;
      case frameType.windowUpdate:
        this.#onWindowUpdate(id, bytes, start, end);
        break;
      case frameType.continuation:
        this.#streams.onContinuation(flags, bytes, start, end);
        break;
      default:
        // Extensions are to be ignored.
        this.#guard.emptyFrame();
    }
  }

  /** @throws ConnectionError when the peer asks for more than it takes */
  mustFlow(): void {
    this.#flow.mustFlow();
  }

  #mustBeInPlace(type: number, flags: number, id: number): void {
    if (!this.#hasPeerSettings && (type !== frameType.settings || flags & flag.ack)) {
      throw new ConnectionError(errorCode.protocolError, 'the first frame must be SETTINGS');
    }
    const { unfinishedBlock } = this.#streams;
    if (unfinishedBlock !== undefined && (type !== frameType.continuation || id !== unfinishedBlock)) {
      throw new ConnectionError(errorCode.protocolError, 'a frame within a header block');
    }
    if (id === 0 ? namesStream(type) : namesNoStream(type)) {
      throw new ConnectionError(errorCode.protocolError, 'a frame for the wrong stream');
    }
  }

  #leaveIfDone(): void {
    if (this.#streams.open > 0) return;
    if (this.#phase === 'leaving' || this.#peerLeaves) this.#options.onLeft();
  }

  #onSettings(flags: number, bytes: Buffer, start: number, end: number): void {
    if (flags & flag.ack) {
      mustHaveBytes(end - start, 0);
      return;
    }
    if ((end - start) % 6 !== 0)
      throw new ConnectionError(errorCode.frameSizeError, 'SETTINGS of a wrong size');
    this.#hasPeerSettings = true;
    this.#guard.controlFrame();
    const before = this.#peer.initialWindowBytes;
    this.#peer.apply(bytes, start, end);
    if (this.#peer.leastTableBytes < defaultTableBytes) this.#frames.oweTableUpdate();
    this.#frames.settingsAck();
    const more = this.#peer.initialWindowBytes - before;
    if (more === 0) return;
    this.#guard.windowChange(this.#streams.open);
    this.#streams.widenAll(more);
  }

  #onPing(flags: number, payload: Buffer): void {
    mustHaveBytes(payload.length, 8);
    if (!(flags & flag.ack)) {
      this.#guard.controlFrame();
      this.#frames.ping(payload, true);
    } else if (this.#phase === 'announced' && payload.equals(leavePing)) {
      this.#phase = 'leaving';
      this.#streams.takeNoMore();
      this.#frames.goaway(this.#streams.lastId, errorCode.noError, '');
      this.#leaveIfDone();
    }
  }

  #onGoaway(bytes: number): void {
    if (bytes < 8) throw new ConnectionError(errorCode.frameSizeError, 'GOAWAY of a wrong size');
    this.#peerLeaves = true;
    this.#leaveIfDone();
  }

  #onWindowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    mustHaveBytes(end - start, 4);
    const more = bytes.readUInt32BE(start) & 0x7fffffff;
    if (id !== 0) this.#streams.onWindowUpdate(id, more);
    else if (more === 0) throw new ConnectionError(errorCode.protocolError, 'WINDOW_UPDATE by nothing');
    else this.#flow.widen(more);
  }
}

function namesStream(type: number): boolean {
  return type <= frameType.rstStream || type === frameType.continuation;
}

function namesNoStream(type: number): boolean {
  return type === frameType.settings || type === frameType.ping || type === frameType.goaway;
}

function mustHaveBytes(bytes: number, expected: number): void {
  if (bytes !== expected) throw new ConnectionError(errorCode.frameSizeError, 'a frame of a wrong size');
}
