import { mkdtemp, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOfFileError } from '../../src/boundedFile.ts';
import { type ContentChange, type FileContent, WatchedFile } from '../../src/watchedFile.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manualClock.ts';

const pollMs = 1000;

let folder: string;
let clock: ManualClock;
let watched: WatchedFile<{ one: string; two: string }, string>;
let contents: [ContentChange, string][];
let problems: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-watched-file-'));
  clock = new ManualClock();
  contents = [];
  problems = [];
  watched = new WatchedFile({
    files: { one: join(folder, 'one'), two: join(folder, 'two') },
    parse: ({ one, two }) => `${read(one)}${read(two)}`,
    onContent: (content, change) => void contents.push([change, content]),
    onProblem: ({ message }) => problems.push(message),
    pollMs,
    clock,
  });
});
afterEach(async () => {
  await watched.stop();
  await rm(folder, { recursive: true });
});

function read(content: FileContent): string {
  if (content.kind === 'unreadable') throw new Error(reasonOfFileError(content.error));
  if (content.text.startsWith('!')) throw new Error(content.text);
  return content.text;
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(folder, `${name}.new`), text);
  await rename(join(folder, `${name}.new`), join(folder, name));
}

/** Polls once, and waits until the poll is over. */
async function poll(): Promise<void> {
  clock.advance(pollMs);
  await eventually(() => clock.pendingTimers === 1);
}

async function startWith(one: string, two: string): Promise<void> {
  await Promise.all([write('one', one), write('two', two)]);
  await watched.start();
}

describe('when the files are valid', () => {
  it('passes on the first content before start resolves, and nothing while nothing changes', async () => {
    await startWith('a', 'b');
    for (let i = 0; i < 4; i += 1) await poll();
    expect(contents).toEqual([['first', 'ab']]);
  });

  it('passes on a change of either file at the next poll', async () => {
    await startWith('a', 'b');
    await write('two', 'c');
    await poll();
    await write('one', 'd');
    await poll();
    expect(contents.slice(1)).toEqual([
      ['changed', 'ac'],
      ['changed', 'dc'],
    ]);
  });

  it('ignores new times and an equal text', async () => {
    await startWith('a', 'b');
    await utimes(join(folder, 'one'), 1, 1);
    await poll();
    await write('one', 'a');
    await poll();
    expect(contents).toHaveLength(1);
  });
});

describe('when an edit is broken', () => {
  it('keeps the last good content and reports each reason once', async () => {
    await startWith('a', 'b');
    await write('one', '!bad');
    await poll();
    await poll();
    await write('two', 'c');
    await poll();
    expect(problems).toEqual(['!bad']);
    await unlink(join(folder, 'one'));
    await poll();
    await poll();
    expect(problems).toEqual(['!bad', 'ENOENT']);
    expect(contents).toHaveLength(1);
  });

  it('passes on the content when the files are valid again, even the same content', async () => {
    await startWith('a', 'b');
    await rename(join(folder, 'one'), join(folder, 'away'));
    await poll();
    await rename(join(folder, 'away'), join(folder, 'one'));
    await poll();
    expect(contents).toEqual([
      ['first', 'ab'],
      ['recovered', 'ab'],
    ]);
  });
});

describe('when the files are broken at the start', () => {
  it('rejects with the reason and does not poll', async () => {
    await expect(watched.start()).rejects.toThrow('ENOENT');
    expect([clock.pendingTimers, problems]).toEqual([0, []]);
  });
});

describe('when it is stopped', () => {
  it('passes on nothing of a poll that is under way, and polls no more', async () => {
    await startWith('a', 'b');
    await write('one', 'c');
    clock.advance(pollMs);
    await watched.stop();
    expect([contents.length, clock.pendingTimers]).toEqual([1, 0]);
  });
});
