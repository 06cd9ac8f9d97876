import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkoutDir } from '../../../tools/testbed/tools.ts';

/**
 * bin/baton.mjs: it starts the command line on the Nodes of `engines`, and ends with one sentence
 * on others.
 */
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'baton-entry-'));
  await cp(join(checkoutDir, 'bin'), join(dir, 'bin'), { recursive: true });
  await cp(join(checkoutDir, 'package.json'), join(dir, 'package.json'));
  await mkdir(join(dir, 'dist/src/cli'), { recursive: true });
  await writeFile(join(dir, 'dist/src/cli/main.js'), "process.stdout.write('started');\n");
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** Runs the entry on this Node, which reports another version. */
async function runOn(version: string): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const preload = join(dir, `version-${version}.mjs`);
  const versions = JSON.stringify({ ...process.versions, node: version });
  await writeFile(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });\n`);
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', preload, join(dir, 'bin/baton.mjs')],
      { env: {} },
      (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

it.each(['22.18.0', '22.23.3', '23.6.0', '24.21.0', '26.10.0'])('starts on Node %s', async (version) => {
  expect(await runOn(version)).toEqual({ exitCode: 0, stdout: 'started', stderr: '' });
});

it.each(['16.20.2', '18.20.8', '20.20.2', '22.17.1', '23.5.0'])(
  'ends with one sentence on Node %s',
  async (version) => {
    const { exitCode, stdout, stderr } = await runOn(version);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^baton: Node .* is required; this is Node [\d.]+ \(.*\)\n$/);
    const { engines } = JSON.parse(await readFile(join(checkoutDir, 'package.json'), 'utf8'));
    expect(stderr).toContain(`Node ${engines.node} is required; this is Node ${version} `);
  },
);
