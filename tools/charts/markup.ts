/** HTML from templates: every value is escaped text, unless it is markup itself. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type MarkupValue = string | number | Markup | readonly Markup[];

/**
 * A template literal: `` html`<p>${value}</p>` ``. Text is escaped for element content and quoted
 * attributes.
 */
export function html(strings: TemplateStringsArray, ...pieces: readonly MarkupValue[]): Markup {
  const text = strings.reduce((soFar, string, index) => soFar + markupOf(pieces[index - 1] ?? '') + string);
  return new Markup(text);
}

function markupOf(piece: MarkupValue): string {
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(({ text }) => text).join('');
  return escaped(String(piece));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] as string);
}
