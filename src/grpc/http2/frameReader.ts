import { recogniseProtocol } from '../foreignProtocol.ts';
import type { FairTurns } from './fairTurns.ts';
import {
  ConnectionError,
  defaultMaxFrameBytes,
  errorCode,
  frameHeaderBytes,
  PrefaceError,
  preface,
} from './protocol.ts';

/** Receives whole frames. The payload is `bytes[start, end)`, valid only until the call returns. */
export interface FrameSink {
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void;
}

/**
 * Splits received chunks into frames, after the client's preface (RFC 9113, sections 3.4 and 4.1).
 * A frame that lies whole in a chunk is passed on without a copy; the part of a frame at the end of
 * a chunk is copied.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #turns: FairTurns;
  #prefaceRead = 0;
  /** The beginning of a frame whose rest has not arrived. */
  #part: Buffer | undefined;
  #partBytes = 0;
  /** How many parts there were. */
  #begun = 0;

  constructor(sink: FrameSink, turns: FairTurns) {
    this.#sink = sink;
    this.#turns = turns;
  }

  /** The memory that the part of a frame occupies. */
  get heldBytes(): number {
    return this.#part?.length ?? 0;
  }

  /** Another one for each frame that did not arrive at once. */
  get partialFrame(): number | undefined {
    return this.#partBytes > 0 ? this.#begun : undefined;
  }

  /** Gives back what is only kept for the next part. */
  trim(): void {
    if (this.#partBytes === 0) this.#part = undefined;
  }

  /**
   * @returns how many bytes are handled: not all when the slice is spent
   * @throws ConnectionError when the preface is wrong or a frame is too large
   */
  read(chunk: Buffer): number {
    let offset = this.#prefaceRead < preface.length ? this.#readPreface(chunk) : 0;
    if (this.#partBytes > 0) offset = this.#completePart(chunk, offset);
    while (chunk.length - offset >= frameHeaderBytes) {
      const frameEnd = offset + frameHeaderBytes + payloadBytes(chunk, offset);
      if (frameEnd > chunk.length) break;
      this.#emit(chunk, offset, frameEnd);
      const units = 1 + ((frameEnd - offset) >>> 10);
      offset = frameEnd;
      if (this.#turns.spend(units)) return offset;
    }
    if (offset < chunk.length) this.#appendToPart(chunk, offset, chunk.length);
    return chunk.length;
  }

  #readPreface(chunk: Buffer): number {
    const length = Math.min(preface.length - this.#prefaceRead, chunk.length);
    if (preface.compare(chunk, 0, length, this.#prefaceRead, this.#prefaceRead + length) !== 0) {
      throw new PrefaceError(this.#prefaceRead === 0 ? recogniseProtocol(chunk) : 'unknown');
    }
    this.#prefaceRead += length;
    return length;
  }

  /** @returns the offset in the chunk behind the bytes that were used */
  #completePart(chunk: Buffer, start: number): number {
    let offset = start;
    if (this.#partBytes < frameHeaderBytes) {
      const missing = frameHeaderBytes - this.#partBytes;
      offset = Math.min(chunk.length, offset + missing);
      this.#appendToPart(chunk, start, offset);
      if (this.#partBytes < frameHeaderBytes) return offset;
    }
    const part = this.#part as Buffer;
    const frameBytes = frameHeaderBytes + payloadBytes(part, 0);
    const end = Math.min(chunk.length, offset + frameBytes - this.#partBytes);
    this.#appendToPart(chunk, offset, end);
    if (this.#partBytes === frameBytes) {
      this.#partBytes = 0;
      this.#emit(part, 0, frameBytes);
    }
    return end;
  }

  #appendToPart(chunk: Buffer, start: number, end: number): void {
    if (this.#partBytes === 0) this.#begun += 1;
    this.#part ??= Buffer.allocUnsafeSlow(frameHeaderBytes + defaultMaxFrameBytes);
    chunk.copy(this.#part, this.#partBytes, start, end);
    this.#partBytes += end - start;
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start + 3] as number;
    const flags = bytes[start + 4] as number;
    const streamId = bytes.readUInt32BE(start + 5) & 0x7fffffff;
    this.#sink.onFrame(type, flags, streamId, bytes, start + frameHeaderBytes, end);
  }
}

function payloadBytes(bytes: Buffer, frameStart: number): number {
  const length = bytes.readUIntBE(frameStart, 3);
  if (length > defaultMaxFrameBytes) {
    throw new ConnectionError(
      errorCode.frameSizeError,
      `a frame of ${length} bytes exceeds SETTINGS_MAX_FRAME_SIZE`,
    );
  }
  return length;
}
