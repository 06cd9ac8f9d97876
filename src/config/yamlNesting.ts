import { CST, Lexer } from 'yaml';

/** Settings need five levels, files of other tools a few more. */
export const deepestLevel = 100;

/**
 * Where a text nests deeper than `deepestLevel`, as an offset; undefined: nowhere. One pass over
 * the tokens, before the text is parsed: the parser visits what is within a key again at each
 * level, so its time grows with the square of the depth.
 */
export function tooDeepAt(text: string): number | undefined {
  const nesting = new Nesting();
  let offset = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    const type: TokenType = isScalar ? 'content' : CST.tokenType(token);
    isScalar = type === 'scalar';
    nesting.add(type, token);
    if (nesting.levels > deepestLevel) return offset;
    if (!isMark(type)) offset += token.length;
  }
  return undefined;
}

type TokenType = CST.TokenType | 'content' | null;

/** The lexer says something that is not in the text. */
function isMark(type: TokenType): boolean {
  return type === 'doc-mode' || type === 'flow-error-end' || type === 'scalar';
}

/**
 * How many collections are open, or up to three times as many: lines that are indented further than
 * one before them, the indicators on a line or between two commas (`-`, `?` and `:`), and brackets.
 */
class Nesting {
  readonly #columns: number[] = [];
  #indicators = 0;
  #brackets = 0;
  /** undefined: something other than spaces is on the line. */
  #column: number | undefined = 0;

  get levels(): number {
    return this.#columns.length + this.#indicators + this.#brackets;
  }

  add(type: TokenType, token: string): void {
    if (type === 'flow-error-end') this.#brackets = 0;
    else if (type === 'newline') this.#beginLine();
    else if (type === 'space') this.#addSpaces(token.length);
    else if (type !== 'comment' && !isMark(type)) this.#addContent(type, token);
  }

  #addSpaces(count: number): void {
    if (this.#column !== undefined) this.#column += count;
  }

  #addContent(type: TokenType, token: string): void {
    if (this.#column !== undefined) this.#indentTo(this.#column);
    this.#column = undefined;
    switch (type) {
      case 'seq-item-ind':
      case 'explicit-key-ind':
      case 'map-value-ind':
        this.#indicators += 1;
        break;
      case 'comma':
        this.#indicators = 0;
        break;
      case 'flow-map-start':
      case 'flow-seq-start':
        this.#brackets += 1;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        this.#brackets = Math.max(0, this.#brackets - 1);
        break;
      default:
        // A block scalar has the end of its last line.
        if (token.endsWith('\n')) this.#beginLine();
    }
  }

  #beginLine(): void {
    this.#column = 0;
    this.#indicators = 0;
  }

  #indentTo(column: number): void {
    while ((this.#columns.at(-1) ?? -1) >= column) this.#columns.pop();
    this.#columns.push(column);
  }
}
