import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The fenced blocks of a Markdown page that a reader would copy: `sh` commands and `baton.yaml`
 * files.
 */

export interface DocumentedBlock {
  readonly page: string;
  readonly line: number;
  readonly language: 'sh' | 'yaml';
  readonly text: string;
  /** Why it is not run, from a comment `<!-- not run: … -->` above it. */
  readonly notRun: string | undefined;
}

const root = join(import.meta.dirname, '../..');
/** In a list a block is indented, and so is its comment. */
const fence =
  /^(?<indent> *)(?:<!-- not run: (?<notRun>[^\n]+) -->\n *)?```(?<language>sh|yaml)\n(?<text>[\s\S]*?)^\k<indent>```$/gm;

export function readBlocks(page: string): DocumentedBlock[] {
  return parseBlocks(page, readFileSync(join(root, page), 'utf8'));
}

export function parseBlocks(page: string, markdown: string): DocumentedBlock[] {
  return [...markdown.matchAll(fence)].map(({ groups, index }) => ({
    page,
    line: markdown.slice(0, index).split('\n').length,
    language: groups?.language as 'sh' | 'yaml',
    text: (groups?.text ?? '').replaceAll(new RegExp(`^${groups?.indent}`, 'gm'), ''),
    notRun: groups?.notRun,
  }));
}

/** The commands of a block: continued lines joined, comments removed. */
export function commandsOf(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s+#\s.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
