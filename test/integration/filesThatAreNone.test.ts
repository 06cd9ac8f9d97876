import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFileVariable } from '../../src/config/environmentSource.ts';
import { settings } from '../../src/config/settings.ts';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { type Ended, runBaton } from '../support/batonCommand.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/**
 * Every file that a setting or a flag can name may be something else, by mistake or by a link: the
 * process says so and ends, instead of waiting without end or filling its memory.
 */
checkForLeaks();

const folder = mkdtempSync(join(tmpdir(), 'baton-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fifo = join(folder, 'fifo');
execFileSync('mkfifo', [fifo]);
/** Readable; what is in it comes into question after the file that is tested. */
const other = join(folder, 'other');
writeFileSync(other, 'secret\n');

const serve = ['serve', '--address', '127.0.0.1:0', '--admin', 'off', '--endpoint', '127.0.0.1:1'];
/** Files for etcd are read when a connection to it is opened. */
const status = ['status', '--etcd', 'https://127.0.0.1:1'];
const set = (path: string, value: string): string[] => ['--set', `${path}=${value}`];

/** The command that reads the file of a setting, with what that setting needs beside it. */
const commands: Readonly<Record<string, (file: string) => string[]>> = {
  'pool.file': (file) => [...serve, ...set('pool.file', file)],
  'admin.tokenFile': (file) => [...serve, '--admin', '127.0.0.1:0', ...set('admin.tokenFile', file)],
  'server.tls.certFile': (file) => [
    ...serve,
    ...set('server.tls.certFile', file),
    ...set('server.tls.keyFile', other),
  ],
  'server.tls.keyFile': (file) => [
    ...serve,
    ...set('server.tls.certFile', other),
    ...set('server.tls.keyFile', file),
  ],
  'server.tls.clientCaFile': (file) => [
    ...serve,
    ...set('server.tls.certFile', other),
    ...set('server.tls.keyFile', other),
    ...set('server.tls.clientCaFile', file),
  ],
  'etcd.passwordFile': (file) => [
    ...status,
    ...set('etcd.username', 'baton'),
    ...set('etcd.passwordFile', file),
  ],
  'etcd.tls.caFile': (file) => [...status, ...set('etcd.tls.caFile', file)],
  'etcd.tls.certFile': (file) => [
    ...status,
    ...set('etcd.tls.caFile', other),
    ...set('etcd.tls.certFile', file),
    ...set('etcd.tls.keyFile', other),
  ],
  'etcd.tls.keyFile': (file) => [
    ...status,
    ...set('etcd.tls.caFile', other),
    ...set('etcd.tls.certFile', other),
    ...set('etcd.tls.keyFile', file),
  ],
};

const fifoReason = 'it is a pipe (FIFO); expected a regular file';

async function expectRefusal(command: Promise<Ended>, exitCode: number, reason: string): Promise<void> {
  const ended = await command;
  expect(ended).toMatchObject({ exitCode, stderr: expect.stringContaining(reason) });
  expect(ended.stdout + ended.stderr).not.toContain('secret');
}

/** Read for each request, so that the process goes on and reads them again. */
const clusterFiles = ['caFile', 'tokenFile'];
const cluster = { inferencePool: 'vllm', namespace: 'default', apiServer: 'https://127.0.0.1:1' };

it('every setting that names a file is tested here', () => {
  const named = settings.map(({ path }) => path).filter((path) => /(\.f|F)ile$/.test(path));
  const inCluster = clusterFiles.map((name) => `pool.kubernetes.${name}`);
  expect([...Object.keys(commands), ...inCluster].sort()).toEqual(named.sort());
});

describe('when a setting names a FIFO that is read for each request', () => {
  it.each(clusterFiles)('the process says so and goes on: pool.kubernetes.%s', async (name) => {
    const instance = new Baton({
      name: 'baton',
      port: await freePort(),
      adminPort: await freePort(),
      dir: folder,
      settings: { pool: { kubernetes: { ...cluster, [name]: fifo } } },
    });
    await instance.launch();
    try {
      await instance.process.waitForLine(new RegExp(`kubernetes.lost.*${fifo}.*pipe \\(FIFO\\)`));
      expect((await fetch(`${instance.adminUrl}/livez`)).status).toBe(200);
    } finally {
      await instance.kill();
    }
  });
});

describe('when a setting names a FIFO', () => {
  it.each(Object.entries(commands))('the process ends with 78 and says so: %s', async (path, command) => {
    const reason = path === 'pool.file' ? 'cannot be read' : `cannot read ${fifo}`;
    await expectRefusal(runBaton(command(fifo)), 78, `${reason}: ${fifoReason}`);
  });
});

describe('when the configuration itself is no regular file', () => {
  it('is refused, whatever names it', async () => {
    await expectRefusal(runBaton(['config', '--config', fifo]), 78, fifoReason);
    await expectRefusal(runBaton(['config'], { [configFileVariable]: fifo }), 78, fifoReason);
    await expectRefusal(runBaton(['check', '/dev/zero']), 78, 'it is a device; expected a regular file');
    await expectRefusal(runBaton(['check', folder]), 78, 'it is a directory; expected a regular file');
  });
});

it('"baton probe" refuses one, as an error of its command line', async () => {
  await expectRefusal(runBaton(['probe', '--ca', fifo]), 64, fifoReason);
});
