import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandsOf, parseBlocks } from '../../support/documentedCommands.ts';

const root = join(import.meta.dirname, '../../..');
const pages = execFileSync('git', ['ls-files', '--', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(root, page)));

describe('links in the documents', () => {
  it.each(pages)('lead to files: %s', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
    const missing = links
      .map((link) => join(dirname(page), link))
      .filter((path) => !existsSync(join(root, path)));
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
