import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton } from '../../tools/testbed/baton.ts';
import { httpGet } from '../../tools/testbed/httpGet.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { runBaton } from '../support/batonCommand.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';

checkForLeaks();

/** Every secret of these tests. */
const canary = 'canary-7f3a';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-secrets-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A link may lead to another file than the list of endpoints. */
const otherFile = `endpoints:\n  - url: https://me:${canary}@10.0.0.1:80/\n    bearer: ${canary}\n`;

it('secrets are in no line of the log and in no answer of the admin port', async () => {
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const file = join(folder, 'pods.yaml');
  await writeFile(join(folder, 'good.yaml'), 'endpoints: ["127.0.0.1:1"]\n');
  await symlink('good.yaml', file);
  const baton = new Baton({
    name: 'a',
    port,
    adminPort,
    dir: folder,
    settings: {
      pool: { file, probe: { path: `/health?key=${canary}`, intervalMs: 100 } },
      etcd: { endpoints: ['127.0.0.1:1'], username: 'baton', password: canary },
      startup: { storeWaitMs: 0, endpointWaitMs: 0 },
      telemetry: {
        logLevel: 'trace',
        otlpEndpoint: `http://me:${canary}@127.0.0.1:1/otlp?token=${canary}`,
      },
    },
  });
  const printed: string[] = [];
  await baton.launch();
  baton.process.output.onLine((line) => printed.push(line));
  try {
    await baton.waitUntilReady();
    await writeFile(join(folder, 'other'), otherFile);
    await symlink('other', join(folder, 'link'));
    await rename(join(folder, 'link'), file);
    await eventually(() => logLines(baton, 'endpoints-file.invalid').length > 0);
    for (const path of ['/state', '/events', '/metrics', '/readyz', '/nothing']) {
      printed.push((await httpGet(`${baton.adminUrl}${path}`)).body);
    }
  } finally {
    await baton.stop();
  }
  expect(printed.filter((line) => line.includes(canary))).toEqual([]);
});

it('commands print no secret, and warn of those on the command line', async () => {
  const given = [
    ...['--set', 'etcd.username=me', '--set', `etcd.password=${canary}`],
    ...['--set', `telemetry.otlpEndpoint=http://h:1/?token=${canary}`],
    ...['--set', `pool.probe.path=/health?key=${canary}`],
  ];
  const commands = [
    ['config', ...given],
    ['config', '--json', ...given],
    ['status', ...given, '--etcd', '127.0.0.1:1', '--set', 'etcd.requestTimeoutMs=200'],
    ['status', '--etcd', `http://me:${canary}@127.0.0.1:1`],
    ['config', '--endpoint', `http://me:${canary}@127.0.0.1:1`],
    ['register', '--address', '10.0.0.1:80', '--health', `https://me:${canary}@h/?key=${canary}`],
  ];
  const ended = await Promise.all(commands.map((command) => runBaton(command)));
  expect(ended.map(({ stdout, stderr }) => stdout + stderr).filter((text) => text.includes(canary))).toEqual(
    [],
  );
  for (const path of ['etcd.password', 'telemetry.otlpEndpoint', 'pool.probe.path']) {
    expect(ended[2]?.stderr).toContain(`baton: warning: --set: ${path} holds a secret`);
  }
  expect(ended[2]?.stderr).toContain('etcd.passwordFile');
});
