import { crc32 } from 'node:zlib';
import { mostHashedBytes } from './cutOffsets.ts';
import type { HashingScheme } from './hashingSchemes.ts';
import { PromptTokens } from './promptTokens.ts';

/**
 * Hashes bytes that arrive in pieces, and notes the hash of all bytes up to each cut. It keeps none
 * of the bytes.
 *
 * CRC-32 is in zlib, chained by construction, and good enough: a wrong match sends a request to a
 * pod that has to compute its prompt, and nothing else.
 */
export class CutHasher {
  readonly #estimate = new PromptTokens();
  readonly #tokensAtCuts: number[] = [];
  readonly #hashes: number[] = [];
  #hash = 0;
  #length = 0;
  readonly #scheme: HashingScheme;
  #nextCut: number;

  constructor(scheme: HashingScheme) {
    this.#scheme = scheme;
    this.#nextCut = scheme.firstCutOffset;
  }

  /** Of all bytes that were added, estimated. */
  get tokens(): number {
    return this.#estimate.count;
  }

  /** Of all bytes that are hashed. */
  get hash(): number {
    return this.#hash;
  }

  /** Up to each cut, estimated. */
  get tokensAtCuts(): readonly number[] {
    return this.#tokensAtCuts;
  }

  /** Of all bytes up to each cut. */
  get hashes(): readonly number[] {
    return this.#hashes;
  }

  add(bytes: Buffer, start: number, end: number): void {
    // Nearly all prompts are, and then one search for each piece is enough.
    const isText = this.#estimate.isText(bytes, start, end);
    const hashedEnd = Math.min(end, start + Math.max(0, mostHashedBytes - this.#length));
    for (let at = start; at < hashedEnd; ) {
      const stop = Math.min(hashedEnd, at + this.#nextCut - this.#length);
      this.#hash = crc32(bytes.subarray(at, stop), this.#hash);
      if (isText) this.#estimate.addText(stop - at);
      else this.#estimate.add(bytes, at, stop);
      this.#length += stop - at;
      at = stop;
      if (this.#length === this.#nextCut) this.#cut();
    }
    if (isText) {
      this.#estimate.addText(end - hashedEnd);
      this.#estimate.endText(bytes, start, end);
    } else this.#estimate.add(bytes, hashedEnd, end);
    this.#length += end - hashedEnd;
  }

  #cut(): void {
    this.#tokensAtCuts.push(this.#estimate.count);
    this.#hashes.push(this.#hash);
    this.#nextCut = this.#scheme.nextCutOffset(this.#nextCut);
  }
}
