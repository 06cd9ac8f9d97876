import { checkTree } from '../../../scripts/language/checkLanguage.ts';
import {
  findDoubleNames,
  findLogCallsWithoutEvent,
  scanText,
  splitName,
} from '../../../scripts/language/scan.ts';

const problemsOf = (file: string, text: string): string[] =>
  scanText(file, text).map(({ problem }) => problem);

describe('when a line has a retired name', () => {
  it.each([
    ['an identifier', 'a.ts', 'const bequestTtlMs = 1;', 'bequest'],
    ['an identifier in snake case', 'a.yaml', 'baton_audit_total: 1', 'audit'],
    ['a comment', 'a.ts', '// The giver ends first.', 'giver'],
    ['prose', 'README.md', 'Nobody notices.', 'nobody'],
    ['a phrase', 'README.md', 'The live configuration wins.', 'live configuration'],
    ['a phrase in one name', 'a.ts', 'const ownCounts = 1;', 'own counts'],
    ['a name as a whole', 'a.ts', 'import { SharedStore } from "./a.ts";', 'SharedStore'],
  ])('finds it in %s', (_, file, line, name) => {
    expect(problemsOf(file, line)).toEqual([expect.stringContaining(`"${name}" is retired`)]);
  });

  it.each([
    ['another word that begins the same', 'a.ts', '// An auditorium, stationary.'],
    ["somebody else's option", 'a.sh', 'npm ci --no-audit'],
    ['an ordinary word that was a name', 'README.md', 'Keep the door closed.'],
  ])('leaves alone %s', (_, file, line) => {
    expect(problemsOf(file, line)).toEqual([]);
  });

  it('splits names into words', () => {
    expect(splitName('ownCounts_ofPeers')).toEqual(['own', 'counts', 'of', 'peers']);
  });
});

describe('when a name says nothing', () => {
  it.each([
    ['a function', 'export function askAdmin(address: string): void {', 'ask'],
    ['a method', '  async tellAll(): Promise<void> {', 'tell'],
    ['a class', 'export class PoolManager {', 'manager'],
  ])('finds %s', (_, line, part) => {
    expect(problemsOf('a.ts', line)).toEqual([expect.stringContaining(part)]);
  });

  it('leaves calls and fields alone', () => {
    expect(problemsOf('a.ts', '  ask(address);\n  readonly say: string;')).toEqual([]);
  });
});

describe('when a comment is longer than 100 columns', () => {
  it.each([
    ['a.ts', `  // ${'a'.repeat(96)}`],
    ['a.ts', `/** ${'a'.repeat(97)}`],
    ['a.yaml', `# ${'a'.repeat(99)}`],
  ])('finds it in %s', (file, line) => {
    expect(problemsOf(file, line)).toEqual(['comment of 101 columns, at most 100']);
  });

  it('leaves code and prose alone', () => {
    expect([
      ...problemsOf('a.ts', `f('${'a'.repeat(99)}');`),
      ...problemsOf('a.md', 'a'.repeat(101)),
    ]).toEqual([]);
  });
});

describe('when a log call has no event', () => {
  it('finds it, over several lines as well', () => {
    const text = "log.info('x');\nthis.log.warn(\n  { cause, more: { a: 1 } },\n  'event',\n);\n";
    expect(findLogCallsWithoutEvent('a.ts', text).map(({ line }) => line)).toEqual([1, 2]);
  });

  it('leaves alone those that have one', () => {
    const text =
      "log.info({ event: 'a.b' }, 'x');\nlog?.error(\n  { ...fields, event: 'a.b' },\n  'x',\n);\n// log.info('x')\n";
    expect(findLogCallsWithoutEvent('a.ts', text)).toEqual([]);
  });
});

describe('when two files export one name', () => {
  it('finds both', () => {
    const files = new Map([
      ['a.ts', 'export interface Report {}'],
      ['b.ts', '\nexport const Report = 1;'],
      ['c.ts', 'export function f(): void;\nexport function f(a?: 1): void {}'],
    ]);
    expect(findDoubleNames(files).map(({ file, line }) => `${file}:${line}`)).toEqual(['a.ts:1', 'b.ts:2']);
  });
});

describe('the check of a tree', () => {
  it('looks for log calls in the product only', () => {
    const files = new Map([
      ['src/a.ts', "log.info('x');"],
      ['tools/a.ts', "log.info('x');"],
    ]);
    expect(checkTree(files).map(({ file }) => file)).toEqual(['src/a.ts']);
  });
});
