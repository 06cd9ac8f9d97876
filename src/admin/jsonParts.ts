import { escapeControlsInLines } from '../controlCharacters.ts';

/**
 * The JSON of an object, part by part: a list at its first level is read and written element by
 * element. What is in one element, and all else, is written at once.
 */
export function* jsonParts(value: object): Iterable<string> {
  let separator = '{';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${separator}${json(name)}:`;
    separator = ',';
    if (isList(member)) yield* listParts(member);
    else yield json(member);
  }
  yield separator === '{' ? '{}' : '}';
}

function* listParts(list: Iterable<unknown>): Iterable<string> {
  let separator = '[';
  for (const element of list) {
    yield `${separator}${json(element)}`;
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

/** Control characters are escaped, those that JSON allows as well. */
function json(value: unknown): string {
  return escapeControlsInLines(JSON.stringify(value));
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
