import fc from 'fast-check';
import { escapeControls, escapeControlsInLines, hasControlCharacters } from '../../src/controlCharacters.ts';

const acting = [
  ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
  ['the C1 form of one', '\u009b2J', '\\u009b2J'],
  ['a line feed', '\n', '\\u000a'],
  ['a carriage return', '\r', '\\u000d'],
  ['a backspace', '\b', '\\u0008'],
  ['delete', '\u007f', '\\u007f'],
  ['a line separator', '\u2028', '\\u2028'],
  ['a right-to-left override', '\u202e', '\\u202e'],
  ['an isolate', '\u2066', '\\u2066'],
] as const;

describe('a text of unknown origin', () => {
  it.each(acting)('shows %s', (_, text, shown) => {
    expect(hasControlCharacters(text)).toBe(true);
    expect(escapeControls(`a${text}b`)).toBe(`a${shown}b`);
  });

  it.each(['', 'llama-3', 'Zürich, 東京', '🚀 \u200d', '\\u001b', 'a b'])('is left as it is: %j', (text) => {
    expect(hasControlCharacters(text)).toBe(false);
    expect(escapeControls(text)).toBe(text);
  });
});

describe('lines for a terminal', () => {
  it('keep their ends, and have nothing else that acts', () => {
    expect(escapeControlsInLines('one\ntwo\u001b[31m\r\n')).toBe('one\ntwo\\u001b[31m\\u000d\n');
  });

  it('mean the same where they are JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (value) => {
        const text = escapeControlsInLines(JSON.stringify(value, null, 2));
        expect(JSON.parse(text)).toEqual(value);
        expect(hasControlCharacters(text.replaceAll('\n', ''))).toBe(false);
      }),
    );
  });
});
