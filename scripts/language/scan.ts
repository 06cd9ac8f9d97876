import {
  foreignText,
  type RetiredName,
  retiredIdentifiers,
  retiredPhrases,
  retiredWords,
  vagueNouns,
  vagueVerbs,
} from './words.ts';

/** Finds in one file what the language of the project refuses. Pure: text in, findings out. */

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

const words = new Map(retiredWords.map(({ name, use }) => [name, use]));
const phrases = retiredPhrases.map(({ name, use }) => ({
  pattern: new RegExp(`\\b${name.replaceAll(' ', '\\s+')}\\b`, 'i'),
  name,
  use,
}));
const identifiers = new Map(retiredIdentifiers.map(({ name, use }) => [name, use]));
const longestComment = 100;

export function scanText(file: string, text: string): Finding[] {
  const isProse = /\.(?:md|html)$/.test(file);
  const isScript = /\.ts$/.test(file);
  return text.split('\n').flatMap((line, index) => {
    const problems = [
      ...retiredIn(line, isProse),
      ...(isProse ? [] : longComment(line)),
      ...(isScript ? vagueNames(line) : []),
    ];
    return problems.map((problem) => ({ file, line: index + 1, problem }));
  });
}

function retiredIn(line: string, isProse: boolean): string[] {
  let text = line;
  for (const pattern of foreignText) text = text.replace(pattern, ' ');
  const isComment = isProse || /^\s*(?:\/\/|\/?\*|#)/.test(line);
  const code = isComment
    ? []
    : (text.replace(/'[^']*'|`[^`]*`|"[^"]*"|\/\/.*/g, '').match(/[A-Za-z_$][\w$]*/g) ?? []);
  const found: RetiredName[] = [];
  for (const [identifier] of text.matchAll(/[A-Za-z_$][\w$]*/g)) {
    const use = identifiers.get(identifier);
    if (
      use !== undefined &&
      (/[a-z][A-Z]/.test(identifier) || (code as readonly string[]).includes(identifier))
    ) {
      found.push({ name: identifier, use });
    }
    for (const word of splitName(identifier)) {
      const instead = words.get(word);
      if (instead !== undefined) found.push({ name: word, use: instead });
    }
  }
  // `ownCounts` is the phrase "own counts" as well.
  const spoken = text.replace(/([a-z])([A-Z])/g, '$1 $2');
  for (const { pattern, name, use } of phrases) if (pattern.test(spoken)) found.push({ name, use });
  return found.map(({ name, use }) => `"${name}" is retired: ${use}`);
}

/** The words of an identifier, in lower case. */
export function splitName(identifier: string): string[] {
  return identifier
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .split(/[\s_$]+/)
    .map((word) => word.toLowerCase())
    .filter((word) => word !== '');
}

function longComment(line: string): string[] {
  const isComment = /^\s*(?:\/\/|\/?\*+|#(?!!))/.test(line);
  if (
    !isComment ||
    line.length <= longestComment ||
    /(?:https?:\/\/|type\.googleapis\.com\/)\S{40}/.test(line)
  )
    return [];
  return [`comment of ${line.length} columns, at most ${longestComment}`];
}

const declaredName =
  /(?:\bfunction\*?\s+|^export const\s+|\b(?:class|interface|type|enum)\s+|^\s+(?:async\s+|readonly\s+|private\s+|static\s+|#)*)([A-Za-z_$][\w$]*)\s*(?:[<(=:{]|extends)/;

function vagueNames(line: string): string[] {
  const declaration = declaredName.exec(line);
  const name = declaration?.[1];
  if (name === undefined || declaration === null) return [];
  const isFunction =
    /\bfunction\b/.test(line) ||
    /=\s*(?:async\s*)?\(/.test(line) ||
    /^\s+(?:async\s+|private\s+|static\s+|#)*\w+\(.*\{$/.test(line);
  const parts = splitName(name);
  const verb = parts[0] === 'look' && parts[1] === 'up' ? 'look up' : (parts[0] ?? '');
  const isDeclared = /\b(?:function|const|class|interface|type|enum)\b/.test(line);
  const vagueNoun =
    isDeclared && !/connectionManager/i.test(name) ? parts.find((part) => vagueNouns.has(part)) : undefined;
  return [
    ...(isFunction && vagueVerbs.has(verb)
      ? [`"${name}": name the function for what it does, not "${verb}"`]
      : []),
    ...(vagueNoun === undefined ? [] : [`"${name}": "${vagueNoun}" says nothing`]),
  ];
}

/** Log calls of the product whose first argument has no `event`. */
export function findLogCallsWithoutEvent(file: string, text: string): Finding[] {
  const calls = [...text.matchAll(/\blog(?:ger)?\??\.(?:trace|debug|info|warn|error|fatal)\(/g)];
  return calls
    .filter(
      (call) =>
        !isComment(text, call.index) && !/\bevent\b/.test(firstArgument(text, call.index + call[0].length)),
    )
    .map((call) => ({ file, line: lineOf(text, call.index), problem: `${call[0]}…) without "event"` }));
}

function isComment(text: string, index: number): boolean {
  return /^\s*(?:\/\/|\*|\/\*)/.test(text.slice(text.lastIndexOf('\n', index) + 1, index + 1));
}

function firstArgument(text: string, start: number): string {
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const character = text.charAt(index);
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    if (depth < 0 || (depth === 0 && character === ',')) return text.slice(start, index);
  }
  return text.slice(start);
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Exported names that more than one file declares. */
export function findDoubleNames(files: ReadonlyMap<string, string>): Finding[] {
  const declaration =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum) ([A-Za-z_$][\w$]*)/gm;
  const places = new Map<string, Map<string, number>>();
  for (const [file, text] of files) {
    for (const match of text.matchAll(declaration)) {
      const name = match[1] ?? '';
      const found = places.get(name) ?? new Map<string, number>();
      places.set(name, found.set(file, lineOf(text, match.index)));
    }
  }
  return [...places]
    .filter(([, found]) => found.size > 1)
    .flatMap(([name, found]) =>
      [...found].map(([file, line]) => {
        const others = [...found.keys()].filter((other) => other !== file).join(', ');
        return { file, line, problem: `"${name}" is exported by ${others} as well` };
      }),
    );
}
