/** One part of a mix as given. */
export interface ParsedPart {
  readonly name: string;
  readonly weight: number;
}

const part = /^\s*([^\s,:]+)\s*(?::\s*(\d+(?:\.\d+)?)\s*)?$/;
/** More are not read, so that a header cannot name work without end. */
const mostParts = 8;

/**
 * The parts of a mix such as `session-affinity:2,least-request:1`, in AIBrix's form; a weight that
 * is left out is 1. undefined: the text is none.
 *
 * @param allows weights of 0, which AIBrix accepts
 */
export function parseMix(text: string, allows?: 'zero-weights'): readonly ParsedPart[] | undefined {
  const parts: ParsedPart[] = [];
  for (const one of text.split(',', mostParts + 1)) {
    const [, name, weight = '1'] = part.exec(one) ?? [];
    if (name === undefined || (allows === undefined && Number(weight) === 0)) return undefined;
    parts.push({ name: name.toLowerCase(), weight: Number(weight) });
  }
  const isDistinct = new Set(parts.map(({ name }) => name)).size === parts.length;
  return isDistinct && parts.length <= mostParts ? parts : undefined;
}
