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
import { hashingScheme } from './hashingSchemes.ts';

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
  readonly #hashers = new Map<BodyField, CutHasher>();

  onSpanStart(field: BodyField): void {
    // Of a key that comes twice, the last value counts.
    this.#hashers.set(field, new CutHasher());
  }

  onSpanPart(field: BodyField, bytes: Buffer, start: number, end: number): void {
    this.#hashers.get(field)?.add(bytes, start, end);
  }

  /**
   * The cuts of the prompt. undefined: the body has none, or it is too short for a cut.
   *
   * @param model as the headers have it; undefined: the body names it
   */
  cuts(scan: BodyScan, format: BodyFormat, model = readModelFromBody(scan)): PromptCuts | undefined {
    const fields = promptFields(scan, format);
    if (fields === undefined) return undefined;
    const prompt = this.#hashers.get(fields.prompt);
    if (prompt === undefined) return undefined;

    let root = crc32(JSON.stringify([hashingScheme, model ?? '', readCacheSalt(scan) ?? '']));
    let contextTokens = 0;
    for (const field of fields.context) {
      const context = this.#hashers.get(field);
      if (context === undefined) continue;
      root = mixBits(root ^ context.hash);
      contextTokens += context.tokens;
    }
    const first = contextTokens > 0 ? 1 : 0;
    const count = first + prompt.hashes.length;
    if (count === 0) return undefined;
    const keys = new Uint32Array(count);
    const tokens = new Float64Array(count);
    const salt = mixBits(root);
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
}
