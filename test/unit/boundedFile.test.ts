import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  maxFileBytes,
  readBoundedFile,
  readBoundedFileSync,
  reasonOfFileError,
} from '../../src/boundedFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-bounded-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string): string => join(folder, name);

const readers: readonly [string, (path: string) => Promise<Buffer>][] = [
  ['readBoundedFile', readBoundedFile],
  ['readBoundedFileSync', async (path) => readBoundedFileSync(path)],
];

describe.each(readers)('%s', (_name, read) => {
  const problemOf = (path: string): Promise<unknown> =>
    read(path).then((content) => `${content.length} bytes`, reasonOfFileError);

  it.each([0, 1, 64 * 1024, 64 * 1024 + 1, maxFileBytes])('reads a file of %i bytes', async (size) => {
    const content = Buffer.alloc(size, 'x');
    writeFileSync(inFolder('some'), content);
    expect(content.equals(await read(inFolder('some')))).toBe(true);
  });

  it('reads by a link, and files of /proc, whose size is unknown', async () => {
    writeFileSync(inFolder('target'), 'text');
    symlinkSync('target', inFolder(`link-${_name}`));
    expect((await read(inFolder(`link-${_name}`))).toString()).toBe('text');
    expect((await read('/proc/self/status')).toString()).toContain('VmRSS');
  });

  it('refuses what is larger, before its memory is taken', async () => {
    writeFileSync(inFolder('large'), '');
    truncateSync(inFolder('large'), 1024 ** 4);
    expect(await problemOf(inFolder('large'))).toBe('it has more than 16 MiB');
  });

  it('refuses a device that never ends, by a link as well', async () => {
    symlinkSync('/dev/zero', inFolder(`zero-${_name}`));
    for (const path of ['/dev/zero', '/dev/urandom', inFolder(`zero-${_name}`)]) {
      expect(await problemOf(path)).toBe('it is a device; expected a regular file');
    }
  });

  it('refuses a FIFO without a writer, and does not wait for one', async () => {
    execFileSync('mkfifo', [inFolder(`fifo-${_name}`)]);
    const problem = await problemOf(inFolder(`fifo-${_name}`));
    expect(problem).toBe('it is a pipe (FIFO); expected a regular file');
  });

  it('refuses a directory, and names the error of the system for what is not there', async () => {
    expect(await problemOf(folder)).toBe('it is a directory; expected a regular file');
    expect(await problemOf(inFolder('nothing'))).toBe('ENOENT');
  });
});
