import { ConnectionError, defaultMaxFrameBytes, errorCode, frameHeaderBytes, preface } from './protocol.ts';

/** Takes whole frames. The payload is `bytes[start, end)` and is only good until the call returns. */
export interface FrameSink {
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void;
}

/**
 * Cuts what arrives into frames, after the client's preface. Frames that came whole are read where they lie;
 * only the end of a chunk that holds a part of a frame is copied. Knows nothing of what frames mean.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  #prefaceRead = 0;
  /** The beginning of a frame whose rest has not come. */
  #part: Buffer | undefined;
  #partBytes = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws ConnectionError when this is not HTTP/2, or a frame is too large */
  read(chunk: Buffer): void {
    let place = this.#prefaceRead < preface.length ? this.#readPreface(chunk) : 0;
    if (this.#partBytes > 0) place = this.#completePart(chunk, place);
    while (chunk.length - place >= frameHeaderBytes) {
      const frameEnd = place + frameHeaderBytes + payloadBytes(chunk, place);
      if (frameEnd > chunk.length) break;
      this.#hand(chunk, place, frameEnd);
      place = frameEnd;
    }
    if (place < chunk.length) this.#keepPart(chunk, place, chunk.length);
  }

  #readPreface(chunk: Buffer): number {
    const length = Math.min(preface.length - this.#prefaceRead, chunk.length);
    if (preface.compare(chunk, 0, length, this.#prefaceRead, this.#prefaceRead + length) !== 0) {
      throw new ConnectionError(errorCode.protocolError, 'this is not HTTP/2');
    }
    this.#prefaceRead += length;
    return length;
  }

  /** @returns how far the chunk is used up */
  #completePart(chunk: Buffer, start: number): number {
    let place = start;
    if (this.#partBytes < frameHeaderBytes) {
      const missing = frameHeaderBytes - this.#partBytes;
      place = Math.min(chunk.length, place + missing);
      this.#keepPart(chunk, start, place);
      if (this.#partBytes < frameHeaderBytes) return place;
    }
    const part = this.#part as Buffer;
    const frameBytes = frameHeaderBytes + payloadBytes(part, 0);
    const end = Math.min(chunk.length, place + frameBytes - this.#partBytes);
    this.#keepPart(chunk, place, end);
    if (this.#partBytes === frameBytes) {
      this.#partBytes = 0;
      this.#hand(part, 0, frameBytes);
    }
    return end;
  }

  #keepPart(chunk: Buffer, start: number, end: number): void {
    this.#part ??= Buffer.allocUnsafeSlow(frameHeaderBytes + defaultMaxFrameBytes);
    chunk.copy(this.#part, this.#partBytes, start, end);
    this.#partBytes += end - start;
  }

  #hand(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start + 3] as number;
    const flags = bytes[start + 4] as number;
    const streamId = bytes.readUInt32BE(start + 5) & 0x7fffffff;
    this.#sink.onFrame(type, flags, streamId, bytes, start + frameHeaderBytes, end);
  }
}

function payloadBytes(bytes: Buffer, frameStart: number): number {
  const length = bytes.readUIntBE(frameStart, 3);
  if (length > defaultMaxFrameBytes) {
    throw new ConnectionError(errorCode.frameSizeError, `a frame of ${length} bytes is too large`);
  }
  return length;
}
