import { AbuseBudgets } from './abuseBudgets.ts';
import type { Unfinished } from './deadlines.ts';
import type { FairTurns } from './fairTurns.ts';
import type { FrameSink } from './frameReader.ts';
import type { FrameWriter } from './frameWriter.ts';
import { PeerSettings } from './peerSettings.ts';
import {
  ConnectionError,
  defaultTableBytes,
  errorCode,
  flag,
  frameType,
  isConnectionFrame,
  isStreamFrame,
  largestStreamId,
  setting,
} from './protocol.ts';
import { streamWindowBytes } from './receiveFlow.ts';
import { SendFlow } from './sendFlow.ts';
import { Streams } from './streams.ts';
import type { StreamsOptions } from './streamsOptions.ts';

export interface SessionOptions extends StreamsOptions {
  readonly nowMs: () => number;
  readonly turns: FairTurns;
  /** Work is left: `continue` is to be called in a later turn. */
  readonly onUnfinished: () => void;
  /** One side has sent its final GOAWAY and no stream is open. */
  readonly onFinished: () => void;
}

/** Sent behind the first GOAWAY. Its answer shows that the peer has read that GOAWAY. */
const shutdownPing = Buffer.from('shutdown');

/**
 * What this side has announced (graceful shutdown, RFC 9113, section 6.8):
 *
 * open → warned     `shutdown` sent a GOAWAY that still allows every stream under way
 * warned → final    the peer has read it; a second GOAWAY names the last stream that is accepted
 */
type LocalState = 'open' | 'warned' | 'final';

/** What the peer has announced. Its first frame must be SETTINGS. */
type PeerState = 'awaiting-settings' | 'open' | 'goaway-received';

/**
 * What the frames of one connection mean: passes on what belongs to a stream, and handles what
 * concerns the whole connection. Connection errors of the peer are thrown as ConnectionError.
 */
export class Session implements FrameSink {
  readonly #options: SessionOptions;
  readonly #frames: FrameWriter;
  readonly #peer = new PeerSettings();
  readonly #flow: SendFlow;
  readonly #budgets: AbuseBudgets;
  readonly #streams: Streams;
  #local: LocalState = 'open';
  #peerState: PeerState = 'awaiting-settings';

  constructor(frames: FrameWriter, options: SessionOptions) {
    this.#options = options;
    this.#frames = frames;
    const { limits, onUnfinished, turns } = options;
    this.#flow = new SendFlow(frames, this.#peer, turns, onUnfinished, limits.queuedBytes);
    this.#budgets = new AbuseBudgets(limits, options.nowMs);
    const parts = { frames, flow: this.#flow, budgets: this.#budgets, onEmpty: () => this.#finishIfDone() };
    this.#streams = new Streams(options, parts);
  }

  get lastStreamId(): number {
    return this.#streams.lastId;
  }

  get unfinished(): Omit<Unfinished, 'frame'> {
    const isEmpty = this.#streams.open === 0;
    const { lastId } = this.#streams;
    return {
      preface: this.#peerState === 'awaiting-settings' ? 0 : undefined,
      headerBlock: this.#streams.partialBlock,
      idle: isEmpty && this.#local === 'open' ? lastId : undefined,
      leaving: isEmpty && this.#local !== 'open' ? lastId : undefined,
    };
  }

  /** Resets streams whose peer has let them wait for too long. */
  resetOverdueStreams(elapsedMs: number): void {
    this.#streams.resetOverdue(elapsedMs);
  }

  /** The memory that partial messages, a partial header block and queued data occupy. */
  get heldBytes(): number {
    return this.#streams.heldBytes + this.#flow.queuedBytes;
  }

  get openStreams(): number {
    return this.#streams.open;
  }

  /** Sends this side's SETTINGS, its first frame. */
  open(): void {
    const { streams, headerBytes } = this.#options.limits;
    this.#frames.settings([
      [setting.maxConcurrentStreams, streams],
      [setting.initialWindowSize, streamWindowBytes],
      [setting.maxHeaderListSize, headerBytes],
    ]);
    this.#streams.openWindow();
  }

  /**
   * Asks the peer to open no more streams. Those that it opens before it knows are still accepted.
   */
  shutdown(): void {
    if (this.#local !== 'open') return;
    this.#local = 'warned';
    this.#frames.goaway(largestStreamId, errorCode.noError, '');
    this.#frames.ping(shutdownPing, false);
  }

  /**
   * The connection is lost. To be called again in later turns, until the last stream is closed.
   *
   * @returns whether it is
   */
  abortStreams(): boolean {
    return this.#streams.abortAll();
  }

  /** Goes on with what an earlier turn left. */
  continue(): void {
    this.#flow.sendWaiting();
  }

  onFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#requireAllowed(type, flags, id);
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
        requireLength(end - start, 4);
        this.#streams.onRstStream(id);
        break;
      case frameType.settings:
        this.#onSettings(flags, bytes, start, end);
        break;
      case frameType.pushPromise:
        throw new ConnectionError(errorCode.protocolError, 'a client must not send PUSH_PROMISE');
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
        // Unknown types are ignored (RFC 9113, section 5.5).
        this.#budgets.emptyFrame();
    }
  }

  /** @throws ConnectionError when the peer requests more than it reads */
  checkQueuedBytes(): void {
    this.#flow.checkQueuedBytes();
  }

  #requireAllowed(type: number, flags: number, id: number): void {
    if (this.#peerState === 'awaiting-settings' && (type !== frameType.settings || flags & flag.ack)) {
      throw new ConnectionError(errorCode.protocolError, 'the first frame must be SETTINGS');
    }
    const { incompleteBlockStreamId: incomplete } = this.#streams;
    if (incomplete !== undefined && (type !== frameType.continuation || id !== incomplete)) {
      throw new ConnectionError(
        errorCode.protocolError,
        'only CONTINUATION may follow inside a header block',
      );
    }
    if (id === 0 ? isStreamFrame(type) : isConnectionFrame(type)) {
      throw new ConnectionError(errorCode.protocolError, 'the frame type does not fit its stream id');
    }
  }

  #finishIfDone(): void {
    if (this.#streams.open > 0) return;
    if (this.#local === 'final' || this.#peerState === 'goaway-received') this.#options.onFinished();
  }

  #onSettings(flags: number, bytes: Buffer, start: number, end: number): void {
    if (flags & flag.ack) {
      requireLength(end - start, 0);
      return;
    }
    if ((end - start) % 6 !== 0) {
      throw new ConnectionError(errorCode.frameSizeError, 'the length of SETTINGS is no multiple of 6');
    }
    if (this.#peerState === 'awaiting-settings') this.#peerState = 'open';
    this.#budgets.controlFrame();
    const before = this.#peer.initialWindowBytes;
    this.#peer.apply(bytes, start, end);
    if (this.#peer.leastTableBytes < defaultTableBytes) this.#frames.scheduleTableUpdate();
    this.#frames.settingsAck();
    const growth = this.#peer.initialWindowBytes - before;
    if (growth === 0) return;
    this.#budgets.windowChange(this.#streams.open);
    this.#streams.growAllWindows(growth);
    this.#flow.sendWaiting();
  }

  #onPing(flags: number, payload: Buffer): void {
    requireLength(payload.length, 8);
    if (!(flags & flag.ack)) {
      this.#budgets.ping(this.#frames.contentFrames);
      this.#frames.ping(payload, true);
    } else if (this.#local === 'warned' && payload.equals(shutdownPing)) {
      this.#local = 'final';
      this.#streams.ignoreNew();
      this.#frames.goaway(this.#streams.lastId, errorCode.noError, '');
      this.#finishIfDone();
    }
  }

  #onGoaway(bytes: number): void {
    if (bytes < 8) throw new ConnectionError(errorCode.frameSizeError, 'GOAWAY is shorter than 8 bytes');
    this.#peerState = 'goaway-received';
    this.#finishIfDone();
  }

  #onWindowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    requireLength(end - start, 4);
    const growth = bytes.readUInt32BE(start) & 0x7fffffff;
    if (id !== 0) this.#streams.onWindowUpdate(id, growth);
    else if (growth === 0) throw new ConnectionError(errorCode.protocolError, 'WINDOW_UPDATE by 0');
    else this.#flow.growWindow(growth);
  }
}

function requireLength(bytes: number, expected: number): void {
  if (bytes !== expected) throw new ConnectionError(errorCode.frameSizeError, 'the frame has a wrong length');
}
