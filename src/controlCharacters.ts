/**
 * Characters that act instead of being shown: they move a terminal's cursor, colour or erase what
 * stands there, end a line, or reorder the text around them. They are written as JSON writes them,
 * `\u001b`.
 *
 * C0 and C1 controls, DEL, the line and paragraph separators, and Unicode's bidirectional
 * formatting (UAX #9).
 */
const withoutLineFeed = String.raw`\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069`;
const any = new RegExp(`[\n${withoutLineFeed}]`, 'u');
const all = new RegExp(`[\n${withoutLineFeed}]`, 'gu');
const allButLineFeed = new RegExp(`[${withoutLineFeed}]`, 'gu');

export function hasControlCharacters(text: string): boolean {
  return any.test(text);
}

/** A text of unknown origin as a part of one line. */
export function escapeControls(text: string): string {
  return any.test(text) ? text.replace(all, escaped) : text;
}

/**
 * Whole lines for a terminal or a log, JSON included: line feeds stay. In JSON the result means the
 * same as before.
 */
export function escapeControlsInLines(lines: string): string {
  return lines.replace(allButLineFeed, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
