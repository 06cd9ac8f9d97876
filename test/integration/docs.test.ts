import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Baton } from '../../tools/testbed/baton.ts';
import { batonEntry } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { commandsOf, type DocumentedBlock, readBlocks } from '../support/documentedCommands.ts';
import { useTopology } from '../support/topology.ts';

/**
 * Runs the commands of README.md and docs/ against real parts, with their addresses in place of the
 * examples'. A newer generation serves beside an older one, so that there is something to roll back
 * to.
 */
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...globSync(['docs/*.md', 'docs/howto/*.md', 'docs/gateways/*.md']).sort(),
];
const root = join(import.meta.dirname, '../..');
const blocks = pages.flatMap(readBlocks);
const shellBlocks = blocks.filter(({ language }) => language === 'sh');
const configurations = blocks.filter(
  ({ language, text }) => language === 'yaml' && text.startsWith('# baton.yaml'),
);
const describeBlock = ({ page, line }: DocumentedBlock): string => `${page}:${line}`;

const topology = useTopology({ instances: 1, laterInstances: 1 });
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-docs-'));
  await mkdir(join(folder, 'bin'));
  const wrapper = `#!/bin/sh\nexec '${process.execPath}' '${batonEntry}' "$@"\n`;
  await writeFile(join(folder, 'bin/baton'), wrapper, { mode: 0o755 });
  // An HTTP error is the failure of a command.
  await writeFile(join(folder, '.curlrc'), 'fail\n');
  await (topology().laterInstances as [Baton])[0].start({ instance: { release: '1.1.0', generation: 7 } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A text of the documents with the addresses of the parts that run here. */
function withRealAddresses(text: string): string {
  const { etcd, pods, instances, envoy } = topology();
  const [instance] = instances as [Baton];
  const addresses: readonly (readonly [string, string])[] = [
    ['http://10.0.0.5:2379', etcd?.endpoint ?? ''],
    ['10.0.0.11:8000', pods[0]?.address ?? ''],
    ['10.0.0.12:8000', pods[1]?.address ?? ''],
    ['127.0.0.1:9002', instance.address],
    ['127.0.0.1:9090', new URL(instance.adminUrl).host],
    ['http://127.0.0.1:10000', envoy.url],
  ];
  return addresses.reduce((changed, [example, real]) => changed.replaceAll(example, real), text);
}

const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
  HOME: folder,
  ...more,
});

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

function run(command: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: environment(), timeout: 60_000 };
    execFile('bash', ['-euo', 'pipefail', '-c', command], options, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
    });
  });
}

/** A command that runs until SIGTERM: started, waited for, ended. */
async function runUntilSigterm(command: string): Promise<Outcome> {
  const admin = `127.0.0.1:${await freePort()}`;
  const process = await ChildProcess.start({
    name: command,
    command: 'bash',
    args: ['-c', `cd '${folder}' && exec ${command}`],
    env: environment(
      command.startsWith('baton serve')
        ? { BATON_SERVER_ADDRESS: '127.0.0.1:0', BATON_ADMIN_ADDRESS: admin, BATON_DRAIN_NOTICE_MS: '0' }
        : {},
    ),
  });
  await process.waitForLine(command.startsWith('baton serve') ? /"ready"/ : /registered/);
  const { code } = await process.stop(20_000);
  return { exitCode: code ?? -1, output: process.output.text(20) };
}

describe('each configuration in the documents', () => {
  it.each(configurations.map((block) => [describeBlock(block), block] as const))(
    'is valid: %s',
    async (_, block) => {
      await writeFile(join(folder, 'baton.yaml'), block.text);
      expect(await run('baton check baton.yaml')).toMatchObject({ exitCode: 0 });
    },
  );
});

describe('each command in the documents', () => {
  const toRun = shellBlocks.filter(({ notRun }) => notRun === undefined);

  it.each(toRun.map((block) => [describeBlock(block), block] as const))('works: %s', async (_, block) => {
    const before = configurations.filter(({ page, line }) => page === block.page && line < block.line);
    await writeFile(join(folder, 'baton.yaml'), withRealAddresses(before.at(-1)?.text ?? ''));
    for (const command of commandsOf(withRealAddresses(block.text))) {
      const isLongRunning = /^baton (?:serve|register)\b/.test(command);
      const outcome = await (isLongRunning ? runUntilSigterm(command) : run(command));
      expect({ command, ...outcome }).toMatchObject({ command, exitCode: 0 });
    }
  });

  it('is run, or its block has the reason why not', () => {
    expect(toRun.length).toBeGreaterThan(8);
    const reasons = shellBlocks.flatMap(({ notRun }) => notRun ?? []);
    const named = reasons.flatMap((reason) => reason.match(/\btest\/[\w/.-]*\.ts\b/g) ?? []);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
