import fc from 'fast-check';
import { type BodyField, bodyFieldNames } from '../../src/request/body/bodyFields.ts';
import type { BodySpan } from '../../src/request/body/fieldValue.ts';

/** JSON objects, written in all the ways that JSON allows, with the places of their members. */

export interface BodyMember {
  readonly key: string;
  /** Offsets in bytes: behind the key's closing quote, of the value, and behind it. */
  readonly keyEnd: number;
  readonly start: number;
  readonly end: number;
  readonly kind: BodySpan['kind'];
}

export interface JsonBody {
  readonly bytes: Buffer;
  readonly members: readonly BodyMember[];
}

const blanks = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 });

/** How one character is written. */
const writing = fc.constantFrom('plain', 'short', 'unicode', 'UNICODE');
const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function written(text: string, ways: readonly string[]): string {
  const units = text.split('');
  const parts = units.map((unit, index) => {
    const way = ways[index % Math.max(ways.length, 1)] ?? 'plain';
    const code = unit.charCodeAt(0);
    const short = shortEscapes[unit];
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (way === 'plain' && code >= 0x20 && unit !== '"' && unit !== '\\' && !isSurrogate) return unit;
    if (short !== undefined && way !== 'unicode' && way !== 'UNICODE') return short;
    const hex = code.toString(16).padStart(4, '0');
    return `\\u${way === 'UNICODE' ? hex.toUpperCase() : hex}`;
  });
  return `"${parts.join('')}"`;
}

/** Half of an escape, of a character and of a string's end are where cuts hurt. */
const hardCharacters = fc.constantFrom('\\', '"', 'u', '{', ']', ',', ':', '敏', '🦊', '\u0000');
/** Longer than what the scanner reads byte by byte. */
const run = fc.integer({ min: 40, max: 90 }).map((length) => 'x'.repeat(length));
const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: hardCharacters, maxLength: 12 }),
  {
    weight: 2,
    arbitrary: fc.array(fc.oneof(run, hardCharacters), { maxLength: 6 }).map((all) => all.join('')),
  },
);
const strings = fc
  .tuple(texts, fc.array(writing, { minLength: 1, maxLength: 5 }))
  .map(([text, ways]) => written(text, ways));

const literals = fc.oneof(
  fc.constantFrom('true', 'false', 'null', '-0', '1e5', '-1.5E-3', '0', '128'),
  fc.integer().map(String),
);

/** A long part of an array without a bracket or a quote. */
const tokenIds = fc.integer({ min: 15, max: 40 }).map((length) => Array(length).fill(1234).join(', '));

const values = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, literals, strings, tie('array'), tie('object')),
  array: fc
    .array(fc.tuple(blanks, fc.oneof(tie('value'), tokenIds), blanks), { maxLength: 4 })
    .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
  object: fc
    .array(fc.tuple(blanks, strings, blanks, tie('value'), blanks), { maxLength: 3 })
    .map((items) => `{${items.map(([a, key, b, value, c]) => `${a}${key}${b}:${value}${c}`).join(',')}}`),
})).value;

const keys = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<BodyField>(...bodyFieldNames) },
  { weight: 1, arbitrary: fc.constantFrom<BodyField>('model', 'model', 'messages', 'stream') },
  { weight: 1, arbitrary: texts },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'mode', 'models', 'Model', 'model\u0000', '__proto__', '\ufeffmodel'),
  },
);

const members = fc.record({
  before: blanks,
  key: keys,
  ways: fc.array(writing, { maxLength: 4 }),
  beforeColon: blanks,
  afterColon: blanks,
  value: values,
  after: blanks,
});

export const jsonBodies: fc.Arbitrary<JsonBody> = fc
  .record({
    mark: fc.constantFrom('', '', '\ufeff'),
    before: blanks,
    members: fc.array(members, { maxLength: 6 }),
    empty: blanks,
    after: blanks,
  })
  .map((body) => {
    const found: BodyMember[] = [];
    let text = `${body.mark}${body.before}{`;
    body.members.forEach((member, index) => {
      text += `${index === 0 ? '' : ','}${member.before}${written(member.key, member.ways)}`;
      const keyEnd = Buffer.byteLength(text);
      text += `${member.beforeColon}:${member.afterColon}`;
      const start = Buffer.byteLength(text);
      text += member.value;
      const end = Buffer.byteLength(text);
      text += member.after;
      found.push({ key: member.key, keyEnd, start, end, kind: kindOfText(member.value) });
    });
    text += `${body.members.length === 0 ? body.empty : ''}}${body.after}`;
    return { bytes: Buffer.from(text), members: found };
  });

function kindOfText(json: string): BodySpan['kind'] {
  return json.startsWith('"')
    ? 'string'
    : json.startsWith('[')
      ? 'array'
      : json.startsWith('{')
        ? 'object'
        : 'literal';
}

/** As a client of the same bytes would read them; undefined: JSON.parse refuses them. */
export function parsedBody(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
