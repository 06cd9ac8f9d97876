import type { BodyField, ReadableBodyField } from './bodyFields.ts';
import { FieldRecorder, type SpanListener } from './fieldRecorder.ts';
import type { BodySpan } from './fieldValue.ts';
import { MemberScanner } from './memberScanner.ts';

export type { SpanListener };

/**
 * Finds the top-level fields of a request body (`bodyFields.ts`) in one pass over its bytes,
 * without parsing it.
 *
 *     const scan = new BodyScan();
 *     scan.add(chunk);            // as often as chunks arrive; also a body that is cut off
 *     scan.end();                 // only if the body is known to have ended
 *     readModelFromBody(scan);    // 'llama-70b'
 *     scan.span('messages');      // { start: 23, end: 31_870, isWhole: true, kind: 'array' }
 *
 * - **What is found** is what `JSON.parse` of the same text has: escapes in keys and values, the
 *   last of several equal keys, any depth, any blanks, a byte order mark. It is known as soon as
 *   its bytes were added, also when the body goes on or is cut off. Until `state` is `whole`, the
 *   same key may still come once more.
 * - **Invalid bodies have no fields.** What is between the members of the object is validated;
 *   what is in their values is not, apart from strings that end and brackets that balance. So
 *   `JSON.parse` accepts no object that is `invalid` here, but may refuse one that is `whole`.
 * - **Chunks are not kept**: they may be cut anywhere, within a character or an escape, and be
 *   reused after `add`. Spans are offsets in the whole body. Short values are copied, up to the
 *   limits in `bodyFields.ts`, 15 KiB for all fields together; values are decoded when they are
 *   read.
 * - **Time** is linear in the bytes, whatever they are, with no recursion: from a tenth of what
 *   `JSON.parse` takes (prose, token ids) to as much (text full of quotes), and no garbage.
 *   `make bench-micro` shows it.
 *
 * Readers with one fact each are beside this file. `bodyFormats.ts` knows which paths have such a
 * body, and which of its fields are the prompt.
 */
export class BodyScan {
  readonly #fields: FieldRecorder;
  readonly #scanner: MemberScanner;
  #hasEnded = false;

  /** @param spans gets the bytes of the fields whose values are not kept */
  constructor(spans?: SpanListener) {
    this.#fields = new FieldRecorder(spans);
    this.#scanner = new MemberScanner(this.#fields);
  }

  /**
   * - `open`: the object goes on, or has not begun.
   * - `whole`: the object is closed, and all its fields are known.
   * - `invalid`: the body is no JSON object, or ended before the object did.
   */
  get state(): 'open' | 'whole' | 'invalid' {
    if (this.#scanner.isWhole) return 'whole';
    return this.#scanner.isInvalid || this.#hasEnded ? 'invalid' : 'open';
  }

  /** How many bytes were added. */
  get length(): number {
    return this.#scanner.length;
  }

  /** @param chunk the next bytes of the body; they are not used after the call */
  add(chunk: Buffer): void {
    this.#scanner.add(chunk);
  }

  /** The body has no more bytes. Not for a body whose rest was withheld. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Where the value of a field is. undefined: it has not begun, or the body is invalid. */
  span(field: BodyField): BodySpan | undefined {
    if (this.state === 'invalid') return undefined;
    return this.#fields.of(field)?.span(this.length);
  }

  /**
   * The value of a field, as `JSON.parse` has it. undefined: it is not there, not whole or longer
   * than its limit, or the body is invalid.
   */
  value(field: ReadableBodyField): unknown {
    if (this.state === 'invalid') return undefined;
    return this.#fields.of(field)?.parse();
  }
}
