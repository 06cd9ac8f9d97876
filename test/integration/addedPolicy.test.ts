import { Baton } from '../../tools/testbed/baton.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { decideOnce, replyTo } from '../support/decideOnce.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { SourceCopy } from '../support/sourceCopy.ts';

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

let copy: SourceCopy;

beforeAll(async () => {
  copy = await SourceCopy.make();
  await copy.add('src/scheduling/policies/lastListed.ts', policyFile);
  await copy.add('src/scheduling/filters/oddPorts.ts', filterFile);
  await addLine('policies', '\n  powerOfTwoPolicy,\n', 'lastListedPolicy', './lastListed.ts');
  await addLine('filters', '\n  labelsFilter,\n', 'oddPortsFilter', './oddPorts.ts');
});
afterAll(() => copy.remove());

async function addLine(folder: string, after: string, name: string, from: string): Promise<void> {
  const path = `src/scheduling/${folder}/index.ts`;
  await copy.replace(path, after, `${after}  ${name},\n`);
  await copy.replace(path, 'import ', `import { ${name} } from '${from}';\nimport `);
}

it('the settings, their schema, the metrics and the tables have their names', async () => {
  expect(await copy.run('src/cli/main.ts', 'config', '--schema')).toContain('"last-listed"');
  expect(await copy.run('scripts/metrics/metricsDoc.ts')).toMatch(/`policy`: [^;]*`last-listed`/);
  expect(await copy.run('scripts/policies/policyTable.ts')).toContain('| the last of the list |');
  expect(await copy.run('scripts/policies/policyTable.ts', 'filters')).toContain('`odd-ports`');
});

it('an instance serves with them, and its errors name them', async () => {
  const baton = new Baton({
    name: 'copy',
    port: await freePort(),
    adminPort: await freePort(),
    dir: copy.dir,
    command: copy.serveCommand,
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
