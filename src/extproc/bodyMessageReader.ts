import { MalformedMessage, wireType } from '../proto/wire/wireReader.ts';
import { httpBody, type ProcessingRequestKind } from './processingRequestReader.ts';

type BodyKind = Extract<ProcessingRequestKind, 'request_body' | 'response_body'>;

/** Field numbers, as in proto/. */
const bodyFields: Readonly<Record<BodyKind, number>> = { request_body: 4, response_body: 5 };

/** The first byte of a ProcessingRequest with a request body: Envoy writes fields in order. */
export const requestBodyTag = bodyFields.request_body * 8 + wireType.bytes;

/** The bodies by that first byte. */
export const bodyTags: ReadonlyMap<number, BodyKind> = new Map([
  [requestBodyTag, 'request_body'],
  [bodyFields.response_body * 8 + wireType.bytes, 'response_body'],
]);

/**
 * Reads a ProcessingRequest with a body that arrives in pieces, and keeps none of them: bodies are
 * large, and many arrive at once. Fields that it does not need are not validated.
 */
export class BodyMessageReader {
  readonly #bodyField: number;
  readonly #onBody: (bytes: Buffer, start: number, end: number) => void;
  /** How many bytes were added. */
  #offset = 0;
  #expects: 'tag' | 'number' | 'length' = 'tag';
  #field = 0;
  /** The number that is being read, and how many bits of it have been. */
  #number = 0;
  #bits = 0;
  /** Up to here is the content of a field: of the body, or to be skipped. */
  #contentEnd = 0;
  #isBody = false;
  /** Up to here is the HttpBody message. undefined: this is outside of it. */
  #httpBodyEnd: number | undefined;
  #isEndOfStream = false;

  /** @param onBody receives the body piece by piece; the bytes are valid until it returns */
  constructor(onBody: (bytes: Buffer, start: number, end: number) => void, kind: BodyKind = 'request_body') {
    this.#onBody = onBody;
    this.#bodyField = bodyFields[kind];
  }

  /** Nothing follows this body. */
  get isEndOfStream(): boolean {
    return this.#isEndOfStream;
  }

  /** @throws MalformedMessage */
  add(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const contentBytes = this.#contentEnd - this.#offset;
      if (contentBytes > 0) {
        const next = Math.min(end, at + contentBytes);
        if (this.#isBody) this.#onBody(bytes, at, next);
        this.#offset += next - at;
        at = next;
      } else {
        this.#offset += 1;
        this.#onByte(bytes[at] as number);
        at += 1;
      }
      if (this.#offset === this.#httpBodyEnd && this.#isBetweenFields) this.#httpBodyEnd = undefined;
    }
  }

  /**
   * The message has no further bytes.
   *
   * @throws MalformedMessage
   */
  end(): void {
    if (!this.#isBetweenFields || this.#httpBodyEnd !== undefined) {
      throw new MalformedMessage('a field exceeds its message');
    }
  }

  get #isBetweenFields(): boolean {
    return this.#expects === 'tag' && this.#bits === 0 && this.#offset >= this.#contentEnd;
  }

  #onByte(byte: number): void {
    if (this.#bits === 70) throw new MalformedMessage('a number is longer than ten bytes');
    this.#number += (byte & 0x7f) * 2 ** this.#bits;
    this.#bits += 7;
    if (byte >= 0x80) return;
    const number = this.#number;
    this.#number = 0;
    this.#bits = 0;
    this.#onNumber(number);
  }

  #onNumber(number: number): void {
    const isInHttpBody = this.#httpBodyEnd !== undefined;
    switch (this.#expects) {
      case 'tag':
        this.#onTag(number);
        return;
      case 'number':
        if (isInHttpBody && this.#field === httpBody.endOfStream) this.#isEndOfStream = number !== 0;
        break;
      case 'length':
        if (!isInHttpBody && this.#field === this.#bodyField) this.#httpBodyEnd = this.#offset + number;
        else this.#enterContent(number, isInHttpBody && this.#field === httpBody.body);
        break;
      default:
        this.#expects satisfies never;
    }
    this.#expects = 'tag';
  }

  #onTag(tag: number): void {
    this.#field = Math.floor(tag / 8);
    if (this.#field === 0) throw new MalformedMessage('a field has number 0');
    switch (tag & 7) {
      case wireType.varint:
        this.#expects = 'number';
        break;
      case wireType.bytes:
        this.#expects = 'length';
        break;
      case wireType.fixed64:
        this.#enterContent(8, false);
        break;
      case wireType.fixed32:
        this.#enterContent(4, false);
        break;
      default:
        throw new MalformedMessage(`invalid wire type ${tag & 7}`);
    }
  }

  #enterContent(bytes: number, isBody: boolean): void {
    this.#contentEnd = this.#offset + bytes;
    this.#isBody = isBody;
    const exceeds = this.#httpBodyEnd !== undefined && this.#contentEnd > this.#httpBodyEnd;
    if (exceeds) throw new MalformedMessage('a field exceeds its message');
  }
}
