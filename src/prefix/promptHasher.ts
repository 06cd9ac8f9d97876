import { crc32 } from 'node:zlib';
import { mixBits } from '../mixBits.ts';
import type { BodyField } from '../request/body/bodyFields.ts';
import type { BodyFormat } from '../request/body/bodyFormats.ts';
import type { BodyScan, SpanListener } from '../request/body/bodyScan.ts';
import { promptFields } from '../request/body/promptSpans.ts';
import { readCacheSalt } from '../request/body/readCacheSalt.ts';
import { readModelFromBody } from '../request/body/readModelFromBody.ts';
import type { PromptCuts } from '../request/promptCuts.ts';
import { CutHasher } from './cutHasher.ts';
import { type HashingScheme, newestScheme } from './hashingSchemes.ts';

/**
 * Hashes the prompt of a body while the body is scanned:
 *
 *     const hasher = new PromptHasher();
 *     const scan = new BodyScan(hasher);
 *     scan.add(chunk);
 *     hasher.cuts(scan, format, model);
 *
 * The raw bytes of the field are hashed, in which a further turn of a conversation only adds bytes.
 * Model, salt and context (tools, system) may come behind the prompt in the body, and are in front
 * of it for an engine: they are mixed into every key at the end.
 */
export class PromptHasher implements SpanListener {
  readonly #schemes: readonly HashingScheme[];
  /** By scheme, in their order. */
  readonly #hashers = new Map<BodyField, readonly CutHasher[]>();

  /** @param schemes the one for the keys of the prompt, then others that it may be known by */
  constructor(schemes: readonly HashingScheme[] = [newestScheme]) {
    this.#schemes = schemes;
  }

  onSpanStart(field: BodyField): void {
    // Of a key that comes twice, the last value counts.
    this.#hashers.set(
      field,
      this.#schemes.map((scheme) => new CutHasher(scheme)),
    );
  }

  onSpanPart(field: BodyField, bytes: Buffer, start: number, end: number): void {
    for (const hasher of this.#hashers.get(field) ?? []) hasher.add(bytes, start, end);
  }

  /**
   * The cuts of the prompt. undefined: the body has none, or it is too short for a cut.
   *
   * @param model as the headers have it; undefined: the body names it
   */
  cuts(scan: BodyScan, format: BodyFormat, model = readModelFromBody(scan)): PromptCuts | undefined {
    const fields = promptFields(scan, format);
    if (fields === undefined) return undefined;
    const identity = [model ?? '', readCacheSalt(scan) ?? ''];
    const [cuts, ...others] = this.#schemes.map(({ number }, nth) => {
      const hashersOf = (field: BodyField) => this.#hashers.get(field)?.[nth];
      const context = fields.context.map(hashersOf).filter((hasher) => hasher !== undefined);
      return cutsOf(crc32(JSON.stringify([number, ...identity])), context, hashersOf(fields.prompt));
    });
    const otherwise = others.filter((other) => other !== undefined);
    return cuts === undefined || otherwise.length === 0 ? cuts : { ...cuts, otherwise };
  }
}

/** @param root what is in front of everything */
function cutsOf(
  root: number,
  contexts: readonly CutHasher[],
  prompt: CutHasher | undefined,
): PromptCuts | undefined {
  if (prompt === undefined) return undefined;
  let salt = root;
  let contextTokens = 0;
  for (const context of contexts) {
    salt = mixBits(salt ^ context.hash);
    contextTokens += context.tokens;
  }
  salt = mixBits(salt);
  const first = contextTokens > 0 ? 1 : 0;
  const count = first + prompt.hashes.length;
  if (count === 0) return undefined;
  const keys = new Uint32Array(count);
  const tokens = new Float64Array(count);
  if (first === 1) {
    keys[0] = salt;
    tokens[0] = contextTokens;
  }
  prompt.hashes.forEach((hash, index) => {
    keys[first + index] = mixBits(hash ^ salt);
    tokens[first + index] = contextTokens + (prompt.tokensAtCuts[index] as number);
  });
  return { keys, tokens, totalTokens: contextTokens + prompt.tokens };
}
