import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/**
 * Copies the documents into the folder that `make docs` builds its site from, in the places that
 * they have in the checkout, so that their links lead where they lead there. What they link to
 * comes along; a folder that is linked gets a page that lists its files.
 */
const root = join(import.meta.dirname, '../..');
const target = join(root, '.run/docs/pages');
const link = /\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)/g;
/** The page of a folder, as the generator has it. */
const index = 'README.md';

const tracked = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.md'],
  {
    cwd: root,
    encoding: 'utf8',
  },
);
const pages = tracked
  .split('\n')
  .filter((page) => /^(docs\/.*|examples\/[^/]*|[A-Z_]*)\.md$/i.test(page) && existsSync(join(root, page)));

rmSync(target, { recursive: true, force: true });
for (const page of pages) stagePage(page);

function stagePage(page: string): void {
  const text = readFileSync(join(root, page), 'utf8');
  const staged = text.replaceAll(link, (whole, path: string, anchor = '') => {
    const linked = normalize(join(dirname(page), path));
    if (linked.startsWith('..') || !existsSync(join(root, linked))) return whole;
    if (statSync(join(root, linked)).isDirectory()) return `](${stageFolder(page, linked)}${anchor})`;
    if (!pages.includes(linked)) stageFile(linked);
    return whole;
  });
  write(page, indentLists(staged));
}

/**
 * Blocks within numbered steps by four columns, as the generator wants them; three are enough for
 * the other readers of these pages.
 */
function indentLists(text: string): string {
  let isInStep = false;
  let isInBlock = false;
  return text
    .split('\n')
    .map((line) => {
      if (line.startsWith('```')) isInBlock = !isInBlock;
      if (isInBlock) return line;
      if (/^\d+\. /.test(line)) isInStep = true;
      else if (/^\S/.test(line)) isInStep = false;
      return isInStep && line.startsWith('   ') ? ` ${line}` : line;
    })
    .join('\n');
}

/** @returns the link from the page to the folder's own page */
function stageFolder(page: string, folder: string): string {
  const own = join(folder, index);
  if (!pages.includes(own) && !existsSync(join(target, own))) {
    const files = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { name } of files) stageFile(join(folder, name));
    const list = files.map(({ name }) => `- [${name}](${name})`);
    write(own, [`# ${folder.replace(/\/$/, '')}`, '', ...list, ''].join('\n'));
  }
  return relative(dirname(page), own);
}

function stageFile(path: string): void {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  copyFileSync(join(root, path), join(target, path));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), text);
}
