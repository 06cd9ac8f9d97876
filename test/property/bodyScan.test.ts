import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  type BodyField,
  bodyFieldNames,
  bodyFields,
  type ReadableBodyField,
} from '../../src/request/body/bodyFields.ts';
import { BodyScan } from '../../src/request/body/bodyScan.ts';
import type { BodySpan } from '../../src/request/body/fieldValue.ts';
import { type JsonBody, jsonBodies, parsedBody } from '../support/jsonBodies.ts';

/**
 * The scanner against `JSON.parse` on the same bytes, and against the places that the text has.
 * Checks return what they found wrong: one `expect` a run, since there are millions of checks.
 */

function scanned(bytes: Buffer): BodyScan {
  const scan = new BodyScan();
  scan.add(bytes);
  return scan;
}

/** In parts that end at the offsets. Each part is overwritten when it was added. */
function scannedInParts(bytes: Buffer, cuts: readonly number[]): BodyScan {
  const scan = new BodyScan();
  const ends = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(start, end));
    scan.add(chunk);
    chunk.fill('"');
    start = end;
  }
  return scan;
}

const isReadable = (field: BodyField): field is ReadableBodyField => bodyFields[field] > 0;

/** All that a scan knows. */
function knowledge(scan: BodyScan): unknown {
  const fields = bodyFieldNames.map((field) => [
    scan.span(field),
    isReadable(field) ? scan.value(field) : undefined,
  ]);
  return [scan.state, scan.length, fields];
}

/** What is known of a field when the body is cut at an offset: from the text's construction. */
function spanAt(body: JsonBody, field: BodyField, cut: number): BodySpan | undefined {
  const member = body.members.findLast(({ key, keyEnd }) => key === field && keyEnd <= cut);
  if (member === undefined || member.start >= cut) return undefined;
  // The byte behind a literal shows that it has ended.
  const isWhole = member.kind === 'literal' ? member.end < cut : member.end <= cut;
  return { start: member.start, end: isWhole ? member.end : cut, isWhole, kind: member.kind };
}

function wrongAtCut(body: JsonBody, scan: BodyScan, cut: number): string[] {
  return bodyFieldNames
    .filter((field) => !isDeepStrictEqual(scan.span(field), spanAt(body, field, cut)))
    .map((field) => `${field}, cut at ${cut}`);
}

/** The fields that are not as in the parsed body. */
function differences(scan: BodyScan, bytes: Buffer, parsed: object): string[] {
  const isSame = (field: BodyField): boolean => {
    const span = scan.span(field);
    if (span === undefined || !Object.hasOwn(parsed, field))
      return span === undefined && !Object.hasOwn(parsed, field);
    const value = (parsed as Record<string, unknown>)[field];
    const isShort = span.end - span.start <= bodyFields[field];
    return (
      span.isWhole &&
      isDeepStrictEqual(JSON.parse(bytes.toString('utf8', span.start, span.end)), value) &&
      (!isReadable(field) || isDeepStrictEqual(scan.value(field), isShort ? value : undefined))
    );
  };
  return [
    ...(scan.state === 'whole' ? [] : [scan.state]),
    ...bodyFieldNames.filter((field) => !isSame(field)),
  ];
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What JSON.parse accepts is found; a body that is none of an object has no fields. */
function contradictions(bytes: Buffer, cut: number): string[] {
  const scan = scannedInParts(bytes, [cut]);
  const parsed = parsedBody(bytes);
  if (isObject(parsed)) return differences(scan, bytes, parsed);
  scan.end();
  const found = bodyFieldNames.map((field) => scan.span(field)).filter((span) => span !== undefined);
  if (parsed !== undefined || scan.state === 'invalid')
    return scan.state === 'invalid' && found.length === 0 ? [] : ['fields without an object'];
  // JSON.parse refuses what is in a value, which the scan does not read.
  return found.every(({ start, end }) => start < end && end <= bytes.length) ? [] : ['a span outside'];
}

describe('a scan of a JSON object', () => {
  it('finds the fields that JSON.parse finds, whatever the chunks', () => {
    fc.assert(
      fc.property(jsonBodies, fc.array(fc.nat()), ({ bytes }, cuts) => {
        expect(differences(scannedInParts(bytes, cuts), bytes, parsedBody(bytes) as object)).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  it('knows at every cut what had come by then, and goes on from there', () => {
    fc.assert(
      fc.property(jsonBodies, (body) => {
        const { bytes } = body;
        const whole = knowledge(scanned(bytes));
        const byByte = new BodyScan();
        const wrong: string[] = [];
        for (let cut = 0; cut <= bytes.length; cut += 1) {
          const scan = scanned(bytes.subarray(0, cut));
          wrong.push(...wrongAtCut(body, scan, cut));
          if (!isDeepStrictEqual(knowledge(byByte), knowledge(scan))) wrong.push(`byte by byte to ${cut}`);
          scan.add(bytes.subarray(cut));
          if (!isDeepStrictEqual(knowledge(scan), whole)) wrong.push(`in two parts, cut at ${cut}`);
          byByte.add(bytes.subarray(cut, cut + 1));
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a scan of bytes that may be no JSON', () => {
  it('never contradicts JSON.parse when an object is changed at one place', () => {
    const bytesThatMatter = fc.oneof(
      fc.constantFrom(...Buffer.from('{}[]",:\\ 1tn\u0000\ufeff')),
      fc.nat(255),
    );
    const change = fc.record({
      at: fc.nat(),
      removed: fc.nat(2),
      inserted: fc.array(bytesThatMatter, { maxLength: 2 }),
    });
    fc.assert(
      fc.property(jsonBodies, change, fc.nat(), ({ bytes }, { at, removed, inserted }, cut) => {
        const offset = at % (bytes.length + 1);
        const changed = [bytes.subarray(0, offset), Buffer.from(inserted), bytes.subarray(offset + removed)];
        expect(contradictions(Buffer.concat(changed), cut)).toEqual([]);
      }),
      { numRuns: 900 },
    );
  });

  it('never contradicts JSON.parse on any bytes', () => {
    const tokens = fc
      .array(
        fc.constantFrom(...['{', '}', '[', ']', '"', '\\', ':', ',', ' ', '"model"', 'null', '\ufeff', 'é']),
      )
      .map((parts) => Buffer.from(parts.join('')));
    const anyBytes = fc.uint8Array().map((bytes) => Buffer.from(bytes));
    const anyJson = fc.json().map((json) => Buffer.from(json));
    fc.assert(
      fc.property(fc.oneof(tokens, anyBytes, anyJson), fc.nat(), (bytes, cut) => {
        expect(contradictions(bytes, cut)).toEqual([]);
      }),
      { numRuns: 900 },
    );
  });
});
