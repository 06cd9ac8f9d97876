import { type BodyField, bodyFields } from './bodyFields.ts';
import { FieldValue } from './fieldValue.ts';
import { KeyMatcher } from './keyMatcher.ts';
import type { MemberListener } from './memberScanner.ts';

/** Keeps the members that are fields. Of a key that comes twice the last value counts. */
export class FieldRecorder implements MemberListener {
  readonly #keys = new KeyMatcher();
  readonly #values = new Map<BodyField, FieldValue>();
  /** The field whose value is being read, or undefined for another member. */
  #current: FieldValue | undefined;

  of(field: BodyField): FieldValue | undefined {
    return this.#values.get(field);
  }

  onKeyPart(bytes: Buffer, start: number, end: number): void {
    this.#keys.add(bytes, start, end);
  }

  onKeyEnd(): void {
    const field = this.#keys.match();
    this.#current = field === undefined ? undefined : this.#cleared(field);
  }

  onValueStart(offset: number, firstByte: number): void {
    this.#current?.begin(offset, firstByte);
  }

  onValuePart(bytes: Buffer, start: number, end: number): void {
    this.#current?.add(bytes, start, end);
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
