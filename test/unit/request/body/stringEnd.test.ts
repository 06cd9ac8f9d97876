import { openEscape, openString, stringEnd } from '../../../../src/request/body/stringEnd.ts';

/** Strings of every length around the one from which on quotes are searched instead of read. */
const lengths = Array.from({ length: 150 }, (_, length) => length);

function endOf(content: string): number {
  return stringEnd(Buffer.from(`"${content}`), 1);
}

describe('the end of a string', () => {
  it('is the first quote that is not escaped, at any distance', () => {
    for (const length of lengths) {
      const text = 'x'.repeat(length);
      expect(endOf(`${text}"`)).toBe(length + 2);
      expect(endOf(`${text}","y"`)).toBe(length + 2);
      expect(endOf(`${text}\\\\"`)).toBe(length + 4);
      expect(endOf(`${text}\\\\\\""`)).toBe(length + 6);
      expect(endOf(`${text}\\"${text}"`)).toBe(2 * length + 4);
      expect(endOf(`${text}\\"${text}\\\\"`)).toBe(2 * length + 6);
    }
  });

  it('does not depend on a backslash in front of its content, which is escaped itself', () => {
    for (const length of lengths) {
      const content = `${'\\'.repeat(length)}"`;
      const end = stringEnd(Buffer.from(`\\${content}`), 1);
      expect(end).toBe(length % 2 === 0 ? length + 2 : openString);
    }
  });

  it('is not among bytes without such a quote', () => {
    for (const length of lengths) {
      const text = 'x'.repeat(length);
      expect(endOf(text)).toBe(openString);
      expect(endOf(`${text}\\"`)).toBe(openString);
      expect(endOf(`${text}\\"${text}`)).toBe(openString);
      expect(endOf(`${text}\\\\`)).toBe(openString);
      expect(endOf(`${text}\\\\\\"`)).toBe(openString);
    }
  });

  it('is not the first byte of the next chunk behind a backslash', () => {
    for (const length of lengths) {
      const text = 'x'.repeat(length);
      expect(endOf(`${text}\\`)).toBe(openEscape);
      expect(endOf(`${text}\\\\\\`)).toBe(openEscape);
      expect(endOf(`${text}\\"${text}\\`)).toBe(openEscape);
    }
  });
});
