/**
 * The values of `--from` and `--to`. A value that contains `{config}` is the command of another
 * build: without that placeholder no build would know its addresses. Any other value is the label
 * of this build.
 */
export type ParsedBuild =
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | { readonly kind: 'invalid'; readonly reason: string };

export function parseBuild(text: string): ParsedBuild {
  if (text.includes('{config}')) {
    const words = splitWords(text);
    return words ? { kind: 'command', words } : { kind: 'invalid', reason: 'a quote is not closed' };
  }
  if (text === '') return { kind: 'invalid', reason: 'it is empty' };
  if (/\s/.test(text)) {
    const reason = 'a command has to name its configuration file as {config}, a label has no spaces';
    return { kind: 'invalid', reason };
  }
  return { kind: 'label', label: text };
}

/**
 * Splits at spaces; ' and " quote as in a shell, nothing else does. Undefined: a quote is not
 * closed.
 */
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
