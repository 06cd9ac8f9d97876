import { type BodyField, bodyFields, spanOnly } from './bodyFields.ts';
import { FieldValue } from './fieldValue.ts';
import { KeyMatcher } from './keyMatcher.ts';
import type { MemberListener } from './memberScanner.ts';

/** Receives the bytes of fields of which only the place is kept: the prompt and its context. */
export interface SpanListener {
  /** What came of the field before does not count any more. */
  onSpanStart(field: BodyField): void;
  /** A part of the value, as it is encoded. The bytes are valid until it returns. */
  onSpanPart(field: BodyField, bytes: Buffer, start: number, end: number): void;
}

/** Keeps the members that are fields. Of a key that comes twice the last value counts. */
export class FieldRecorder implements MemberListener {
  readonly #keys = new KeyMatcher();
  readonly #values = new Map<BodyField, FieldValue>();
  /** The field whose value is being read, or undefined for another member. */
  #current: FieldValue | undefined;
  /** Its name, where the listener gets its bytes. */
  #currentSpan: BodyField | undefined;
  readonly #spans: SpanListener | undefined;

  constructor(spans?: SpanListener) {
    this.#spans = spans;
  }

  of(field: BodyField): FieldValue | undefined {
    return this.#values.get(field);
  }

  onKeyPart(bytes: Buffer, start: number, end: number): void {
    this.#keys.add(bytes, start, end);
  }

  onKeyEnd(): void {
    const field = this.#keys.match();
    this.#current = field === undefined ? undefined : this.#cleared(field);
    const isSpan = this.#spans !== undefined && field !== undefined && bodyFields[field] === spanOnly;
    this.#currentSpan = isSpan ? field : undefined;
  }

  onValueStart(offset: number, firstByte: number): void {
    this.#current?.begin(offset, firstByte);
    if (this.#currentSpan !== undefined) this.#spans?.onSpanStart(this.#currentSpan);
  }

  onValuePart(bytes: Buffer, start: number, end: number): void {
    this.#current?.add(bytes, start, end);
    if (this.#currentSpan !== undefined) this.#spans?.onSpanPart(this.#currentSpan, bytes, start, end);
  }

  onValueEnd(offset: number): void {
    this.#current?.finish(offset);
  }

  #cleared(field: BodyField): FieldValue {
    const known = this.#values.get(field);
    if (known !== undefined) {
      known.clear();
      return known;
    }
    const value = new FieldValue(bodyFields[field]);
    this.#values.set(field, value);
    return value;
  }
}
