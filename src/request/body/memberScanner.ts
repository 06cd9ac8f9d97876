import { blankEnd, jsonByte } from './jsonBytes.ts';
import { openValue, ValueSkipper } from './valueSkipper.ts';

/** Receives the members of the object. Offsets count from the first byte of the first chunk. */
export interface MemberListener {
  /** A part of a key: what is between its quotes, as it is encoded, escapes included. */
  onKeyPart(bytes: Buffer, start: number, end: number): void;
  onKeyEnd(): void;
  onValueStart(offset: number, firstByte: number): void;
  /** A part of a value, as it is encoded, a string with its quotes. */
  onValuePart(bytes: Buffer, start: number, end: number): void;
  /** @param offset of the first byte behind the value */
  onValueEnd(offset: number): void;
}

/** What the next byte belongs to. */
const phases = {
  start: 0,
  keyOrEnd: 1,
  key: 2,
  keyContent: 3,
  colon: 4,
  value: 5,
  valueContent: 6,
  commaOrEnd: 7,
  end: 8,
  invalid: 9,
} as const;
type Phase = (typeof phases)[keyof typeof phases];

const byteOrderMark = [0xef, 0xbb, 0xbf];

/**
 * Reads one JSON object that arrives in chunks, and reports its members. It validates what is
 * between them, not what is in their values (see ValueSkipper). It keeps nothing of a chunk.
 *
 * A byte order mark in front is skipped, as Python and `fetch` do.
 */
export class MemberScanner {
  readonly #listener: MemberListener;
  readonly #skipper = new ValueSkipper();
  #phase: Phase = phases.start;
  /** How many bytes of the byte order mark were there. */
  #markBytes = 0;
  /** The offset of the current chunk's first byte; between two chunks that of the next one. */
  #base = 0;

  constructor(listener: MemberListener) {
    this.#listener = listener;
  }

  /** How many bytes were added. */
  get length(): number {
    return this.#base;
  }

  /** The object is closed, and nothing but blanks came behind it. */
  get isWhole(): boolean {
    return this.#phase === phases.end;
  }

  /** The bytes are no JSON object. */
  get isInvalid(): boolean {
    return this.#phase === phases.invalid;
  }

  add(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#phase !== phases.invalid) {
      if (this.#phase === phases.keyContent) at = this.#readKey(chunk, at);
      else if (this.#phase === phases.valueContent) at = this.#readValue(chunk, at, at);
      else at = this.#readBetween(chunk, blankEnd(chunk, at));
    }
    this.#base += chunk.length;
  }

  /** Reads one byte between keys and values, or begins a value. */
  #readBetween(chunk: Buffer, at: number): number {
    if (at === chunk.length) return at;
    if (this.#phase === phases.value) return this.#beginValue(chunk, at);
    this.#phase = this.#phaseAfter(chunk[at] as number, this.#base + at);
    return at + 1;
  }

  #phaseAfter(byte: number, offset: number): Phase {
    switch (this.#phase) {
      case phases.start:
        return this.#phaseAfterFirst(byte, offset);
      case phases.keyOrEnd:
        return byte === jsonByte.closeBrace ? phases.end : this.#beginKey(byte);
      case phases.key:
        return this.#beginKey(byte);
      case phases.colon:
        return byte === jsonByte.colon ? phases.value : phases.invalid;
      case phases.commaOrEnd:
        if (byte === jsonByte.closeBrace) return phases.end;
        return byte === jsonByte.comma ? phases.key : phases.invalid;
      default:
        return phases.invalid;
    }
  }

  /** Reads the byte order mark, or the brace. */
  #phaseAfterFirst(byte: number, offset: number): Phase {
    if (byte === byteOrderMark[offset]) {
      this.#markBytes += 1;
      return phases.start;
    }
    const isMarkCut = this.#markBytes !== 0 && this.#markBytes !== byteOrderMark.length;
    return isMarkCut || byte !== jsonByte.openBrace ? phases.invalid : phases.keyOrEnd;
  }

  #beginKey(byte: number): Phase {
    if (byte !== jsonByte.quote) return phases.invalid;
    this.#skipper.begin(byte);
    return phases.keyContent;
  }

  #readKey(chunk: Buffer, start: number): number {
    const next = this.#skipper.skip(chunk, start);
    if (next === openValue) {
      this.#listener.onKeyPart(chunk, start, chunk.length);
      return chunk.length;
    }
    this.#listener.onKeyPart(chunk, start, next - 1);
    this.#listener.onKeyEnd();
    this.#phase = phases.colon;
    return next;
  }

  #beginValue(chunk: Buffer, start: number): number {
    const firstByte = chunk[start] as number;
    if (!this.#skipper.begin(firstByte)) {
      this.#phase = phases.invalid;
      return start;
    }
    this.#phase = phases.valueContent;
    this.#listener.onValueStart(this.#base + start, firstByte);
    return this.#readValue(chunk, start, start + 1);
  }

  /**
   * @param start where the value begins in this chunk
   * @param from where it is to be read: behind its first byte
   */
  #readValue(chunk: Buffer, start: number, from: number): number {
    const next = this.#skipper.skip(chunk, from);
    if (next === openValue) {
      this.#listener.onValuePart(chunk, start, chunk.length);
      return chunk.length;
    }
    this.#listener.onValuePart(chunk, start, next);
    this.#listener.onValueEnd(this.#base + next);
    this.#phase = phases.commaOrEnd;
    return next;
  }
}
