import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { decideOnce, replyTo } from '../support/decideOnce.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/**
 * A policy and a filter are added to a copy of the source as docs/policies.md says: a file and a
 * line in a list for each. Everything else must know them by itself.
 */
checkForLeaks();

const policyFile = `import type { Endpoint } from '../endpoint.ts';
import type { PolicyDefinition } from '../policy.ts';

export const lastListedPolicy = {
  name: 'last-listed',
  summary: 'the last of the list',
  create: () => ({
    name: 'last-listed',
    choose: (candidates: readonly Endpoint[]) => candidates.at(-1) as Endpoint,
  }),
} as const satisfies PolicyDefinition;
`;

const filterFile = `import type { Filter } from '../filter.ts';

export const oddPortsFilter: Filter = {
  name: 'odd-ports',
  summary: 'leaves the endpoints with odd ports',
  apply: (_request, endpoints) => endpoints.filter(({ address }) => Number(address.split(':')[1]) % 2 === 1),
};
`;

const exec = promisify(execFile);
let copy = '';
const run = async (...args: readonly string[]): Promise<string> =>
  (await exec(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { cwd: copy })).stdout;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'baton-copy-'));
  for (const part of ['src', 'tools', 'scripts', 'proto', 'package.json'])
    await cp(join(checkoutDir, part), join(copy, part), { recursive: true });
  await symlink(join(checkoutDir, 'node_modules'), join(copy, 'node_modules'));
  await writeFile(join(copy, 'src/scheduling/policies/lastListed.ts'), policyFile);
  await writeFile(join(copy, 'src/scheduling/filters/oddPorts.ts'), filterFile);
  await addLine('policies', '\n  powerOfTwoPolicy,\n', 'lastListedPolicy', './lastListed.ts');
  await addLine('filters', '\n  labelsFilter,\n', 'oddPortsFilter', './oddPorts.ts');
});
afterAll(() => rm(copy, { recursive: true, force: true }));

async function addLine(folder: string, after: string, name: string, from: string): Promise<void> {
  const path = join(copy, `src/scheduling/${folder}/index.ts`);
  const text = await readFile(path, 'utf8');
  expect(text).toContain(after);
  const withLine = text.replace(after, `${after}  ${name},\n`);
  await writeFile(path, `import { ${name} } from '${from}';\n${withLine}`);
}

it('the settings, their schema, the metrics and the tables have their names', async () => {
  expect(await run('src/cli/main.ts', 'config', '--schema')).toContain('"last-listed"');
  expect(await run('scripts/metrics/metricsDoc.ts')).toMatch(/`policy`: [^;]*`last-listed`/);
  expect(await run('scripts/policies/policyTable.ts')).toContain('| the last of the list |');
  expect(await run('scripts/policies/policyTable.ts', 'filters')).toContain('`odd-ports`');
});

it('an instance serves with them, and its errors name them', async () => {
  const baton = new Baton({
    name: 'copy',
    port: await freePort(),
    adminPort: await freePort(),
    dir: copy,
    command: [process.execPath, join(copy, 'src/cli/main.ts'), 'serve', '--config', '{config}'],
    settings: {
      pool: {
        endpoints: ['10.0.0.1:8001', '10.0.0.2:8000', '10.0.0.3:8001', '10.0.0.4:8002'],
        probe: { enabled: false },
      },
      scheduling: { policy: 'last-listed' },
      drain: { noticeMs: 0, quietMs: 0 },
    },
  });
  await baton.start();
  try {
    expect(await decideOnce(baton.address, {})).toEqual({ pod: '10.0.0.3:8001' });
    const refused = await replyTo(baton.address, { 'routing-strategy': 'none-such' });
    expect(String(refused.immediate_response?.body)).toContain('power-of-two, last-listed');
  } finally {
    await baton.stop();
  }
});
