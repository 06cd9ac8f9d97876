import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandsOf, parseBlocks } from '../../support/documentedCommands.ts';

const root = join(import.meta.dirname, '../../..');
const pages = execFileSync('git', ['ls-files', '--', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(root, page)));

const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The links of a page to other files and to headings; the path is empty within the page. */
function linksOf(page: string): { readonly path: string; readonly anchor: string | undefined }[] {
  const links = read(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g);
  return [...links].map(([, path = '', anchor]) => ({ path: path && join(dirname(page), path), anchor }));
}

/** The anchors of a page's headings, as the readers of these pages make them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const prose = read(page).replaceAll(/^```[\s\S]*?^```/gm, '');
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose.matchAll(/^#{1,6} (.*)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    for (let nth = 0; ; nth += 1) {
      const own = nth === 0 ? anchor : `${anchor}-${nth}`;
      if (anchors.has(own)) continue;
      anchors.add(own);
      break;
    }
  }
  return anchors;
}

describe('links in the documents', () => {
  it.each(pages)('lead to files, and to headings: %s', (page) => {
    const missing = linksOf(page).filter(({ path, anchor }) => {
      if (path !== '' && !existsSync(join(root, path))) return true;
      const target = path === '' ? page : path;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
    });
    expect(missing).toEqual([]);
  });
});

describe('the blocks of a page', () => {
  it('are found with their language, their place and the reason not to run them', () => {
    const page =
      'Text\n\n```sh\na\n```\n\n<!-- not run: takes hours -->\n```sh\nb\n```\n```yaml\nc: 1\n```\n';
    expect(parseBlocks('a.md', page)).toEqual([
      { page: 'a.md', line: 3, language: 'sh', text: 'a\n', notRun: undefined },
      { page: 'a.md', line: 7, language: 'sh', text: 'b\n', notRun: 'takes hours' },
      { page: 'a.md', line: 11, language: 'yaml', text: 'c: 1\n', notRun: undefined },
    ]);
  });

  it('are found in a list, where they are indented', () => {
    const page =
      '1. One:\n\n   <!-- not run: why -->\n   ```sh\n   a \\\n     b\n   ```\n\n2. Two:\n\n   ```yaml\n   c:\n     d: 1\n   ```\n';
    expect(parseBlocks('a.md', page)).toMatchObject([
      { line: 3, text: 'a \\\n  b\n', notRun: 'why' },
      { line: 11, text: 'c:\n  d: 1\n', notRun: undefined },
    ]);
  });

  it('have commands without comments, with continued lines as one', () => {
    expect(commandsOf('# first\na b   # why\nc \\\n  d\n\n')).toEqual(['a b', 'c    d']);
  });
});
