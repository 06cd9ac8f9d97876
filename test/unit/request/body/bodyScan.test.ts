import { bodyFieldNames, bodyFields } from '../../../../src/request/body/bodyFields.ts';
import { BodyScan } from '../../../../src/request/body/bodyScan.ts';
import { readModelFromBody } from '../../../../src/request/body/readModelFromBody.ts';

/** What property tests do not reach: sizes, and bodies that are invalid outside of their values. */

function scanOf(...chunks: readonly (string | Buffer)[]): BodyScan {
  const scan = new BodyScan();
  for (const chunk of chunks) scan.add(Buffer.from(chunk));
  return scan;
}

const megabyte = 1024 * 1024;
const chunkBytes = 64 * 1024;

/** A text between two others, repeated in chunks of 64 KiB up to a size. */
function scanAround(before: string, repeated: string, bytes: number, after: string): BodyScan {
  const scan = scanOf(before);
  const chunk = Buffer.from(repeated.repeat(chunkBytes / repeated.length));
  for (let added = 0; added < bytes; added += chunk.length) scan.add(chunk);
  scan.add(Buffer.from(after));
  return scan;
}

describe('the state of a scan', () => {
  it.each([
    ['nothing', '', 'open', 'invalid'],
    ['blanks', ' \r\n\t', 'open', 'invalid'],
    ['a byte order mark', '\ufeff', 'open', 'invalid'],
    ['an object that goes on', '{"model":"a",', 'open', 'invalid'],
    ['an object', '{"model":"a"}', 'whole', 'whole'],
    ['an object with blanks around it', '\ufeff \n{ }\r\n\t ', 'whole', 'whole'],
  ])('after %s is known before and after its end', (_, text, before, after) => {
    const scan = scanOf(text);
    expect(scan.state).toBe(before);
    scan.end();
    expect(scan.state).toBe(after);
  });

  it.each([
    ['an array', '["model"]'],
    ['a string', '"model"'],
    ['a form', '--boundary\r\ncontent-disposition: form-data; name="model"\r\n\r\na'],
    ['gzip', Buffer.from([0x1f, 0x8b, 0x08])],
    ['UTF-16', Buffer.from('{"model":"a"}', 'utf16le')],
    ['a byte order mark with a byte missing', Buffer.from([0xef, 0xbb, 0x7b, 0x7d])],
    ['a byte order mark with a blank inside', Buffer.from([0xef, 0x20, 0xbb, 0xbf, 0x7b, 0x7d])],
    ['a byte order mark behind a blank', ' \ufeff{"model":"a"}'],
    ['two byte order marks', '\ufeff\ufeff{"model":"a"}'],
    ['a comma in front of the first member', '{,"model":"a"}'],
    ['a comma behind the last member', '{"model":"a",}'],
    ['two commas', '{"model":"a",,"user":"b"}'],
    ['no comma', '{"model":"a" "user":"b"}'],
    ['no colon', '{"model" "a"}'],
    ['two colons', '{"model"::"a"}'],
    ['no value', '{"model":}'],
    ['no value in front of a comma', '{"model":,"user":"b"}'],
    ['a key without quotes', '{model:"a"}'],
    ['a key in single quotes', "{'model':'a'}"],
    ['a value that nothing begins with', '{"model":a}'],
    ['a bracket that closes nothing', '{"model":"a"]'],
    ['a value behind a literal', '{"stream":true{}}'],
    ['text behind the object', '{"model":"a"}x'],
    ['a second object', '{"model":"a"}{"model":"b"}'],
  ])('is invalid for %s, which has no fields', (_, body) => {
    const scan = scanOf(body);
    expect(scan.state).toBe('invalid');
    expect(scan.span('model')).toBeUndefined();
    expect(scan.value('model')).toBeUndefined();
  });

  it('does not depend on empty chunks', () => {
    const scan = scanOf('', '{"model":"a\\', '', '"b"', '', '}', '');
    expect(scan.state).toBe('whole');
    expect(readModelFromBody(scan)).toBe('a"b');
  });

  it('is that of the object, not of Python numbers that JSON lacks', () => {
    expect(scanOf('{"temperature":NaN,"top_p":-Infinity,"model":"a"}').value('model')).toBe('a');
  });
});

describe('a key', () => {
  it('is found with every character escaped', () => {
    for (const field of bodyFieldNames) {
      const key = [...field].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
      const scan = scanOf(`{"${key.join('')}":[1]}`);
      expect(scan.span(field)).toEqual({
        start: 4 + key.length * 6,
        end: 7 + key.length * 6,
        isWhole: true,
        kind: 'array',
      });
    }
  });

  it.each(['Model', 'models', 'mode', 'mo\\del', 'mo\\u0164el', 'mo\\u006', 'mo\\u00g4el', 'model\\u0000'])(
    'is not found by its likeness: %s',
    (key) => {
      expect(scanOf(`{"${key}":"a"}`).span('model')).toBeUndefined();
    },
  );

  it('that comes twice has its last value, also while that one is coming', () => {
    const scan = scanOf('{"model":"a","mod\\u0065l"');
    expect(scan.span('model')).toBeUndefined();
    scan.add(Buffer.from(':"b'));
    expect(scan.span('model')).toEqual({ start: 26, end: 28, isWhole: false, kind: 'string' });
    expect(scan.value('model')).toBeUndefined();
    scan.add(Buffer.from('"}'));
    expect(scan.value('model')).toBe('b');
  });

  it('counts on the top level only', () => {
    const scan = scanOf('{"metadata":{"model":"inner"},"tools":[{"model":"inner"}],"model":"outer"}');
    expect(scan.value('model')).toBe('outer');
    expect(scan.value('metadata')).toEqual({ model: 'inner' });
  });
});

describe('a value', () => {
  const limit = bodyFields.model;

  it.each([
    [limit - 2, 'whole'],
    [limit - 1, 'undefined'],
  ])('with %i characters is read up to the limit, in one part and byte by byte: %s', (length, outcome) => {
    const body = Buffer.from(`{"model":"${'m'.repeat(length)}"}`);
    const byByte = new BodyScan();
    for (const byte of body) byByte.add(Buffer.of(byte));
    for (const scan of [scanOf(body), byByte]) {
      expect(scan.value('model')).toBe(outcome === 'whole' ? 'm'.repeat(length) : undefined);
      expect(scan.span('model')).toEqual({ start: 9, end: 11 + length, isWhole: true, kind: 'string' });
    }
  });

  it('that is a long number is not taken for its first digits', () => {
    expect(scanOf('{"max_tokens":12', '3'.repeat(limit), '}').value('max_tokens')).toBeUndefined();
  });

  it('that is short is read though a longer one with the same key came first', () => {
    expect(scanOf(`{"model":"${'m'.repeat(limit)}","model":"a"}`).value('model')).toBe('a');
  });

  it.each(['"\\x"', '"\u0001"', 'nul', '01', '[1,]', '[}'])('is undefined when it is no JSON: %s', (json) => {
    const scan = scanOf(`{"model":${json},"user":"b"}`);
    expect(scan.value('model')).toBeUndefined();
    expect(scan.value('user')).toBe('b');
  });
});

describe('a large body', () => {
  const large = 16 * megabyte;

  it.each([
    ['blanks in front of the object', '', ' ', '{"model":"a"}'],
    ['blanks between the members', '{"stream":true ', '\n', ',"model":"a"}'],
    ['blanks in an array', '{"messages":[', ' ', '],"model":"a"}'],
    ['blanks behind the object', '{"model":"a"}', '\t', ''],
    ['pairs of brackets', '{"messages":[[]', ',[]{}[]', '],"model":"a"}'],
    ['token ids', '{"prompt":[1', ',123456', '],"model":"a"}'],
    ['a string', '{"prompt":"', 'x', '","model":"a"}'],
    ['escaped quotes', '{"prompt":"', '\\"', '","model":"a"}'],
    ['escaped quotes far from each other', `{"prompt":"`, `${'x'.repeat(62)}\\"`, '","model":"a"}'],
    ['backslashes', '{"prompt":"', '\\\\', '","model":"a"}'],
    ['empty strings', '{"messages":["', '",""', '"],"model":"a"}'],
    ['members', '{"a":1', ',"b":22', ',"model":"a"}'],
    ['the same key', '{"model":"b"', ',"model":"m/b-123"', ',"model":"a"}'],
    ['digits', '{"max_tokens":1', '0', ',"model":"a"}'],
    ['a key', '{"', 'x', '":1,"model":"a"}'],
  ])('of 16 MiB of %s is scanned', (_, before, repeated, after) => {
    const scan = scanAround(before, repeated, large, after);
    expect(scan.state).toBe('whole');
    expect(scan.value('model')).toBe('a');
  });

  it('may be nested a million times', () => {
    const scan = scanAround('{"messages":', '[', megabyte, '');
    expect(scan.span('messages')).toMatchObject({ start: 12, end: 12 + megabyte, isWhole: false });
    for (let closed = 0; closed < megabyte; closed += chunkBytes)
      scan.add(Buffer.from(']'.repeat(chunkBytes)));
    expect(scan.state).toBe('open');
    scan.add(Buffer.from(',"model":"a"}'));
    expect(scan.value('model')).toBe('a');
    expect(scan.span('messages')).toMatchObject({ start: 12, end: 12 + 2 * megabyte, isWhole: true });
  });

  it('costs no memory', () => {
    const chunk = Buffer.from(`,{"role":"user","content":"${'x'.repeat(400)} \\"y\\""},[1,2,3]`.repeat(140));
    const scan = scanOf('{"model":"a","messages":[0');
    const used = (): number => {
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    scan.add(chunk);
    const before = used();
    for (let i = 0; i < 2_000; i += 1) scan.add(chunk);
    expect(scan.length).toBeGreaterThan(100 * megabyte);
    expect(used() - before).toBeLessThan(4 * megabyte);
    scan.add(Buffer.from(']}'));
    expect(scan.state).toBe('whole');
  });
});
