import { nearest } from '../nearest.ts';
import type { Endpoint } from './endpoint.ts';

/** Longer names, and further models, are not compared: a client can ask for it at any rate. */
const longestName = 128;
const mostCompared = 256;
const mostNamed = 3;
/** Of shorter names a letter off is another name. */
const shortestTypo = 3;

/** By the array of endpoints, which is replaced at each change. */
const models = new WeakMap<readonly Endpoint[], readonly string[]>();

/** Names that a client may have meant: parts of its own, or few letters off. Aliases come first. */
export function nearModels(
  given: string,
  all: readonly Endpoint[],
  aliases: readonly string[],
): readonly string[] {
  if (given.length > longestName) return [];
  const lower = given.toLowerCase();
  const isNear = (name: string): boolean => {
    const known = name.toLowerCase();
    if (known.includes(lower) || lower.includes(known)) return true;
    return lower.length >= shortestTypo && nearest(lower, [known]) !== undefined;
  };
  const near = [...aliases.slice(0, mostCompared), ...modelsOf(all)].filter(isNear);
  return [...new Set(near)].slice(0, mostNamed);
}

function modelsOf(all: readonly Endpoint[]): readonly string[] {
  let names = models.get(all);
  if (names === undefined) {
    const short = all.flatMap((endpoint) => endpoint.models).filter(({ length }) => length <= longestName);
    names = [...new Set(short)].slice(0, mostCompared);
    models.set(all, names);
  }
  return names;
}
