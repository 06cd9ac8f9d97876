/**
 * What of DER (ITU-T X.690) a certificate is written with. Nothing is read. An element is its tag,
 * the length of its content, and the content.
 */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export const der = {
  sequence: (...elements: readonly Buffer[]): Buffer => element(tags.sequence, Buffer.concat(elements)),
  set: (...elements: readonly Buffer[]): Buffer => element(tags.set, Buffer.concat(elements)),
  /** @param magnitude the bytes of a number that is not negative, the most significant first */
  integer: (magnitude: Buffer): Buffer => {
    const isNegative = (magnitude[0] ?? 0) >= 0x80;
    return element(tags.integer, isNegative ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude);
  },
  /** @param unusedBits how many bits at the end of the last byte do not count */
  bitString: (bytes: Buffer, unusedBits = 0): Buffer =>
    element(tags.bitString, Buffer.concat([Buffer.of(unusedBits), bytes])),
  octetString: (bytes: Buffer): Buffer => element(tags.octetString, bytes),
  utf8String: (text: string): Buffer => element(tags.utf8String, Buffer.from(text)),
  true: element(tags.boolean, Buffer.of(0xff)),
  objectIdentifier,
  time,
  /** [number], around elements of their own tags. */
  explicit: (number: number, ...elements: readonly Buffer[]): Buffer =>
    element(0xa0 + number, Buffer.concat(elements)),
  /** [number], in place of the tag. */
  implicit: (number: number, content: Buffer): Buffer => element(0x80 + number, content),
} as const;

function element(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthOf(content), content]);
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >>> 8, length & 0xff);
}

/** @param dotted such as `2.5.4.3`; its first number is at most 2, its second below 40 */
function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(tags.objectIdentifier, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, section 4.1.2.5). */
function time(moment: Date): Buffer {
  const digits = `${moment.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  const isShort = moment.getUTCFullYear() < 2050;
  return element(
    isShort ? tags.utcTime : tags.generalizedTime,
    Buffer.from(isShort ? digits.slice(2) : digits),
  );
}
