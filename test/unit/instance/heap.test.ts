import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const module = join(import.meta.dirname, '../../../src/instance/heap.ts');

/**
 * MiB of the young generation of a process that has left much garbage behind, some of it after a
 * while.
 */
async function youngMiB(before: string): Promise<number> {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    ${before}
    let kept = [];
    for (let i = 0; i < 2_000_000; i += 1) {
      kept.push({ i, text: 'x' + i });
      if (kept.length > 10_000) kept = [];
    }
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(young.space_size / 2 ** 20);`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '--eval',
    program,
  ]);
  return Number(stdout);
}

it('keeps the young generation of the heap at a small part of what it grows to otherwise', async () => {
  const [usual, small] = await Promise.all([
    youngMiB(''),
    youngMiB(`import { keepHeapSmall } from ${JSON.stringify(module)}; keepHeapSmall();`),
  ]);
  expect(usual).toBeGreaterThan(0);
  expect(small).toBeGreaterThan(0);
  expect(small).toBeLessThan(usual / 4);
});
