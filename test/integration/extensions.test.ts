import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton } from '../../tools/testbed/baton.ts';
import { httpGet } from '../../tools/testbed/httpGet.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { runBaton } from '../support/batonCommand.ts';
import { decideOnce } from '../support/decideOnce.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';

checkForLeaks();

/** `last` picks the last endpoint, and fails in the way that the header says. */
const module = `
export default {
  contract: 1,
  headers: ['x-fail'],
  policies: [{
    name: 'acme/last', summary: 'the last',
    create: () => ({
      name: 'acme/last',
      choose(candidates, load, request) {
        if (request.headers?.['x-fail'] === 'choose') throw new Error('a bug in choose');
        if (request.headers?.['x-fail'] === 'stranger') return { address: '10.9.9.9:1', weight: 1 };
        return candidates.at(-1);
      },
      costs: (candidates, load, request) => {
        if (request.headers?.['x-fail'] === 'costs') return [];
        return candidates.map((_, index) => candidates.length - index);
      },
      onPicked(endpoint, candidates, request) {
        if (request.headers?.['x-fail'] === 'picked') throw new Error('a bug in onPicked');
      },
    }),
  }],
  filters: [{
    name: 'acme/gate', summary: 'a gate',
    apply(request, endpoints, { all }) {
      const fail = request.headers?.['x-fail'];
      if (fail === 'filter') throw new Error('a bug in the filter');
      if (fail === 'reject') return { status: 403, code: 'closed', message: 'The gate is closed.' };
      if (fail === 'nonsense') return 'nonsense';
      if (fail === 'foreign') return [...endpoints, { address: '10.9.9.9:1' }];
      if (fail === 'none') return [];
      return all().length > 0 && fail === 'first' ? endpoints.slice(0, 1) : endpoints;
    },
  }],
};
`;
const endpoints = ['10.0.0.1:8000', '10.0.0.2:8000', '10.0.0.3:8000'];
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'baton-extensions-'));
  await writeFile(join(dir, 'acme.mjs'), module);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('an instance with an extension', () => {
  let baton: Baton;

  beforeAll(async () => {
    baton = new Baton({
      name: 'a',
      port: await freePort(),
      adminPort: await freePort(),
      dir,
      settings: {
        pool: { endpoints, probe: { enabled: false } },
        scheduling: { extensions: [join(dir, 'acme.mjs')], policy: 'acme/last' },
        drain: { noticeMs: 0, quietMs: 0 },
      },
    });
    await baton.start();
  });
  afterAll(() => baton.stop());

  const decide = (headers: Record<string, string> = {}) => decideOnce(baton.address, headers);

  it('places requests by its policy, alone or in a mix, and applies its filter', async () => {
    expect(await decide()).toEqual({ pod: '10.0.0.3:8000' });
    expect(await decide({ 'routing-strategy': 'ACME/last:3,least-request' })).toEqual({
      pod: '10.0.0.3:8000',
    });
    expect(await decide({ 'x-fail': 'first' })).toEqual({ pod: '10.0.0.1:8000' });
  });

  it('rejects what its filter rejects, with the status and code of the filter', async () => {
    expect(await decide({ 'x-fail': 'reject' })).toEqual({ status: 403, code: 'closed' });
    expect(await decide({ 'x-fail': 'none' })).toEqual({ status: 503, code: 'no_endpoint_passes' });
  });

  it.each(['choose', 'stranger', 'picked'])(
    'places a request whose policy fails (%s), and counts it',
    async (how) => {
      const before = await failures('acme/last');
      expect(endpoints).toContain((await decide({ 'x-fail': how })).pod);
      expect(await failures('acme/last')).toBe(before + 1);
      expect(await decide()).toEqual({ pod: '10.0.0.3:8000' });
    },
  );

  it('takes costs that are none for 0 in a mix', async () => {
    const answer = await decide({ 'x-fail': 'costs', 'routing-strategy': 'acme/last:3,least-request' });
    expect(endpoints).toContain(answer.pod);
  });

  it.each(['filter', 'nonsense', 'foreign'])(
    'rejects a request whose filter fails (%s), and no other',
    async (how) => {
      const before = await failures('acme/gate');
      expect(await decide({ 'x-fail': how })).toEqual({ status: 500, code: 'filter_failed' });
      expect(await failures('acme/gate')).toBe(before + 1);
      expect(await decide()).toEqual({ pod: '10.0.0.3:8000' });
    },
  );

  it('logs a failure with its stack, and holds nothing in the end', async () => {
    expect(JSON.stringify(logLines(baton, 'extension.failed'))).toContain('acme.mjs');
    const { pool, streams } = await baton.state();
    expect(streams.open).toBe(0);
    expect(pool.every(({ local }) => local === 0)).toBe(true);
  });

  it('counts its decisions as those of an extension, never by a name from a request', async () => {
    const { body } = await httpGet(`${baton.adminUrl}/metrics`);
    expect(body).toMatch(/baton_decisions_total\{policy="extension",outcome="route"\} [1-9]/);
    expect(body).toMatch(/baton_decisions_total\{policy="mix",outcome="route"\} [1-9]/);
  });

  async function failures(name: string): Promise<number> {
    const { body } = await httpGet(`${baton.adminUrl}/metrics`);
    return Number(new RegExp(`baton_extension_errors_total\\{name="${name}"\\} (\\d+)`).exec(body)?.[1] ?? 0);
  }
});

describe('a module that does not keep the contract', () => {
  const minimal = (policies: string): string => `export default { contract: 1, policies: [${policies}] };`;

  it.each<[what: string, text: string, settings: string, expected: string]>([
    ['is missing', '', 'extensions: [./none.mjs]', './none.mjs: it cannot be loaded'],
    ['does not parse', 'export default {', '', 'it cannot be loaded'],
    ['exports nothing', 'export const a = 1;', '', 'its default export must be an object'],
    [
      'is of another version',
      'export default { contract: 2 };',
      '',
      'contract is 2; this release knows contract 1',
    ],
    ['has a key too many', 'export default { contract: 1, polices: [] };', '', 'unknown key polices'],
    [
      'names a policy without a vendor',
      minimal("{ name: 'mine', summary: '' }"),
      '',
      'policies[0].name is "mine"',
    ],
    ['has no create', minimal("{ name: 'a/b', summary: '' }"), '', 'policies[0].create must be a function'],
    [
      'cannot create its policy',
      minimal("{ name: 'a/b', summary: '', create() { throw new Error('no licence'); } }"),
      '',
      'no licence',
    ],
    ['lacks the policy in use', 'export default { contract: 1 };', 'policy: a/b', 'there is no policy a/b'],
  ])('that %s ends check and serve with a clear error', async (_what, text, settings, expected) => {
    await writeFile(join(dir, 'broken.mjs'), text);
    const file = join(dir, 'broken.yaml');
    const extensions = settings.startsWith('extensions')
      ? ''
      : `  extensions: [${join(dir, 'broken.mjs')}]\n`;
    await writeFile(file, `pool:\n  endpoints: [10.0.0.1:80]\nscheduling:\n${extensions}  ${settings}\n`);
    const ports = ['--set', 'server.address=127.0.0.1:0', '--set', 'admin.address=off'];
    for (const args of [
      ['check', file],
      ['serve', '--config', file, ...ports],
    ]) {
      const ended = await runBaton(args);
      expect(ended).toMatchObject({ exitCode: 78 });
      expect(ended.stderr).toContain(expected);
    }
  });
});

it('the module of docs/extensions.md is one', async () => {
  const page = await readFile(join(checkoutDir, 'docs/extensions.md'), 'utf8');
  const [, text = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  await writeFile(join(dir, 'tenants.mjs'), text);
  const file = join(dir, 'documented.yaml');
  const scheduling = `scheduling:\n  extensions: [${join(dir, 'tenants.mjs')}]\n  policy: acme/by-tenant\n`;
  await writeFile(file, `pool:\n  endpoints: [10.0.0.1:80]\n${scheduling}`);
  expect(await runBaton(['check', file])).toMatchObject({ exitCode: 0 });
});
