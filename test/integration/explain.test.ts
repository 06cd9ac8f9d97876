import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton } from '../../tools/testbed/baton.ts';
import { httpGetJson } from '../../tools/testbed/httpGet.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { runBaton } from '../support/batonCommand.ts';
import { decideOnce } from '../support/decideOnce.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

checkForLeaks();

describe('an instance that is asked why', () => {
  let dir = '';
  let baton: Baton;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-explain-'));
    baton = new Baton({
      name: 'a',
      port: await freePort(),
      adminPort: await freePort(),
      dir,
      settings: {
        pool: { endpoints: ['10.0.0.1:8000', '10.0.0.2:8000', '10.0.0.3:8000'], probe: { enabled: false } },
        scheduling: {
          policy: 'session-affinity',
          sessionBodyFields: ['metadata.session_id'],
          modelAliases: { chat: { 'llama-70b': 1 } },
        },
        drain: { noticeMs: 0, quietMs: 0 },
      },
    });
    await baton.start();
  });
  afterAll(async () => {
    await baton.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const explain = (...args: readonly string[]) =>
    runBaton(['explain', '--admin', new URL(baton.adminUrl).host, ...args]);

  it('baton explain names the pod that the request then gets, and reserves nothing', async () => {
    for (const session of ['a', 'b', 'c', 'd', 'e']) {
      const { stdout } = await explain('--json', '--header', `X-Session-Id: ${session}`);
      const { pick, facts } = JSON.parse(stdout);
      expect(await decideOnce(baton.address, { 'x-session-id': session })).toEqual({ pod: pick });
      expect(Object.keys(facts)).toEqual(['sessionHash']);
    }
    expect((await baton.state()).pool.every(({ local }) => local === 0)).toBe(true);
  });

  it('baton explain prints what led to the pick', async () => {
    const { stdout } = await explain('--header', 'routing-strategy: least-request', '--subset', '10.0.0.2');
    expect(stdout).toContain('filter       subset: 1 left, removed 10.0.0.1:8000, 10.0.0.3:8000\n');
    expect(stdout).toContain('candidate    10.0.0.2:8000: cost 1, 0 in flight\n');
    expect(stdout).toContain('pick         10.0.0.2:8000: the lowest cost\n');
  });

  it('baton explain reads a body, and its prompt stays here', async () => {
    const file = join(dir, 'body.json');
    const body = { messages: ['private'], model: 'chat', metadata: { session_id: 's' } };
    await writeFile(file, JSON.stringify(body));
    const { stdout } = await explain('--json', '--body', file);
    const { facts, pick } = JSON.parse(stdout);
    expect(facts).toEqual({ model: 'llama-70b', alias: 'chat', sessionHash: expect.any(String) });
    expect(await decideOnce(baton.address, { 'x-session-id': 's' })).toEqual({ pod: pick });
    await writeFile(file, 'no JSON');
    expect(await explain('--body', file)).toMatchObject({ exitCode: 64 });
    expect(await explain('--body', join(dir, 'none'))).toMatchObject({ exitCode: 64 });
  });

  it('baton explain refuses what is no header', async () => {
    expect(await explain('--header', 'x-session-id')).toMatchObject({ exitCode: 64 });
  });

  it('/decisions explains what is decided after it was read', async () => {
    const read = () => httpGetJson(`${baton.adminUrl}/decisions`) as Promise<{ decisions: object[] }>;
    await read();
    const { pod } = await decideOnce(baton.address, {
      'x-session-id': 'private-session',
      'x-request-id': 'request-1',
    });
    const { decisions } = await read();
    expect(decisions.at(-1)).toMatchObject({
      policy: 'session-affinity',
      pick: pod,
      ready: 3,
      facts: { requestId: 'request-1' },
    });
    expect(JSON.stringify(decisions)).not.toContain('private-session');
  });
});
