/** A release that instances run: what it is called, how it is ordered, and which program it is. */
export interface Release {
  readonly release: string;
  readonly generation: number;
  /** Another Baton build, in words that may hold the placeholders below. Undefined: this checkout. */
  readonly command?: readonly string[];
}

/** What a command learns of the instance it starts, and what it may name as `{config}` and so on. */
export interface Placeholders {
  /** The configuration file, which holds everything else as well. */
  readonly config: string;
  /** gRPC, `ip:port`. */
  readonly address: string;
  /** HTTP, `ip:port`. */
  readonly admin: string;
  readonly release: string;
  readonly generation: string;
}

const placeholder = /\{(config|address|admin|release|generation)\}/g;

export function fillIn(command: readonly string[], values: Placeholders): string[] {
  return command.map((word) => word.replace(placeholder, (_, name: keyof Placeholders) => values[name]));
}

/**
 * What `--from` and `--to` name: a command when it holds `{config}`, without which no build could be told its
 * addresses; else the label under which this checkout runs.
 */
export type Build =
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | { readonly kind: 'unreadable'; readonly reason: string };

export function readBuild(text: string): Build {
  if (text.includes('{config}')) {
    const words = splitWords(text);
    return words ? { kind: 'command', words } : { kind: 'unreadable', reason: 'a quote is not closed' };
  }
  if (text === '') return { kind: 'unreadable', reason: 'it is empty' };
  if (/\s/.test(text)) {
    const reason = 'a command has to name its configuration file as {config}, a label has no spaces';
    return { kind: 'unreadable', reason };
  }
  return { kind: 'label', label: text };
}

/** Words as a shell would read them, with ' and " and nothing else of a shell; undefined: an open quote. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const char of text) {
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
