import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LifeEvent } from '../../src/admin/eventLog.ts';
import { decodePinnedGeneration } from '../../src/proto/records/pinnedGeneration.ts';
import type { Baton, BatonSettings } from '../../tools/testbed/baton.ts';
import { httpGetJson } from '../../tools/testbed/httpGet.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { type HttpExchangeResult, sendHttp } from '../support/sendHttp.ts';

/** What an operator changes by the admin port: instances as processes, and a real etcd. */
checkForLeaks();

const token = 'a-token-of-an-operator';
const who = 'operator=ana&reason=a%20try';
const wait = { timeoutMs: 30_000 };
const onePool: BatonSettings = { pool: { endpoints: ['10.0.0.1:80'] } };

let cluster: BatonCluster;
beforeEach(async () => {
  cluster = await BatonCluster.start({
    etcd: { leaseTtlSeconds: 2 },
    upgrade: { settleMs: 100 },
    drain: { noticeMs: 0, quietMs: 0, graceMs: 1_000 },
  });
});
afterEach(() => cluster.stop());

async function start(
  id: string,
  settings: BatonSettings = { admin: { token } },
  pools = onePool,
): Promise<Baton> {
  const instance = await cluster.instance(id, { ...settings, ...pools });
  await instance.start();
  return instance;
}

function post(
  { adminUrl }: Pick<Baton, 'adminUrl'>,
  action: string,
  { authorization = `Bearer ${token}`, ...others }: Readonly<Record<string, string>> = {},
): Promise<HttpExchangeResult> {
  const headers = { ...(authorization !== '' && { authorization }), ...others };
  return sendHttp(`${adminUrl}/operator/${action}`, { method: 'POST', headers });
}

const errorOf = ({ text }: HttpExchangeResult): unknown => JSON.parse(text).error;
const doneOf = ({ text }: HttpExchangeResult): unknown => JSON.parse(text).done;

async function pinned(): Promise<{ generation: number; reason: string } | undefined> {
  const record = (await cluster.records()).get('target');
  return record && decodePinnedGeneration(record);
}

describe('when a token is configured', () => {
  it('an operator pins, rolls back and releases a generation, as with baton upgrade', async () => {
    const [old, young] = [
      await start('old', { admin: { token }, instance: { generation: 1 } }),
      await start('young', { admin: { token }, instance: { generation: 2 } }),
    ];
    await eventually(async () => expect((await old.state()).steering.servingGeneration).toBe(2), wait);
    await eventually(async () => {
      expect(doneOf(await post(young, `upgrade/rollback?${who}`))).toMatch(/^generation 1 is pinned/);
    }, wait);
    expect(await pinned()).toMatchObject({ generation: 1, reason: 'ana: a try' });
    for (const instance of [old, young])
      await eventually(async () => expect((await instance.state()).steering.pinnedGeneration).toBe(1), wait);

    expect(doneOf(await post(old, `upgrade/pin?generation=2&${who}`))).toMatch(/^generation 2 is pinned/);
    const refused = await post(old, `upgrade/pin?generation=7&${who}`);
    expect([refused.status, errorOf(refused)]).toEqual([
      409,
      expect.stringContaining('generation 7 has no instance in phase ready or standby'),
    ]);
    expect(doneOf(await post(young, `upgrade/release?${who}`))).toMatch(/^released/);
    expect(await pinned()).toBeUndefined();
    expect(doneOf(await post(young, `upgrade/release?${who}`))).toBe('nothing was pinned');
  });

  it('dynamic settings are changed, as with baton dynamic, and logged with who and why', async () => {
    const a = await start('a');
    const query = `setting=scheduling.policy%3Drandom&setting=telemetry.logLevel%3Ddebug&${who}`;
    expect((await post(a, `dynamic/set?${query}`)).status).toBe(200);
    await eventually(async () => {
      expect((await a.state()).dynamic).toMatchObject({
        settings: { 'scheduling.policy': { value: 'random' }, 'telemetry.logLevel': { value: 'debug' } },
        reason: 'ana: a try',
      });
    }, wait);
    const shown = await sendHttp(`${a.adminUrl}/operator`, { headers: { authorization: `Bearer ${token}` } });
    expect(JSON.parse(shown.text).settings).toMatchObject({ 'scheduling.policy': 'random' });

    const invalid = await post(a, `dynamic/set?setting=scheduling.policy%3Dnone&${who}`);
    expect([invalid.status, errorOf(invalid)]).toEqual([400, expect.stringContaining('scheduling.policy')]);
    expect((await post(a, `dynamic/set?setting=server.address%3Dx&${who}`)).status).toBe(400);
    expect((await post(a, `dynamic/unset?setting=scheduling.policy&${who}`)).status).toBe(200);
    await eventually(async () => {
      expect(Object.keys((await a.state()).dynamic?.settings ?? {})).toEqual(['telemetry.logLevel']);
    }, wait);
    expect(doneOf(await post(a, `dynamic/clear?${who}`))).toMatch(/^cleared/);
    await eventually(async () => expect((await a.state()).dynamic).toBeNull(), wait);

    const line = await a.process.waitForLine(/"event":"operator.request-done".*"action":"dynamic\/clear"/);
    expect(JSON.parse(line)).toMatchObject({ operator: 'ana', reason: 'a try', remoteAddress: '127.0.0.1' });
    const events = (await httpGetJson(`${a.adminUrl}/events`)) as LifeEvent[];
    expect(events.filter(({ kind }) => kind === 'operator').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^ana: set until .* \(a try\)$/),
      expect.stringMatching(/^ana: set until .* \(a try\)$/),
      'ana: cleared: each instance uses its own configuration (a try)',
    ]);
    expect(a.process.output.text()).not.toContain(token);
  });

  it('the instance drains and stops, and a signal of its supervisor does not shorten that', async () => {
    const a = await start('a', { admin: { token }, drain: { noticeMs: 1_000, quietMs: 0, graceMs: 5_000 } });
    expect(doneOf(await post(a, `drain?${who}`))).toBe('a drains, and stops');
    const again = await post(a, `drain?${who}`);
    expect([again.status, errorOf(again)]).toEqual([409, 'this instance is draining already']);
    await a.stopCleanly();
    expect(a.process.output.text()).toContain('drain asked for by ana: a try');
    expect(a.process.output.text()).not.toContain('drain.forced');
  });

  it('all workers of a port drain together', async () => {
    const a = await start('a', { admin: { token }, server: { workers: 2 } });
    expect((await post(a, `drain?${who}`)).status).toBe(200);
    expect(await a.process.exited).toEqual({ code: 0, signal: null });
  });

  it('nothing is done without the token, without a name and without a reason', async () => {
    const a = await start('a');
    for (const authorization of ['', 'Bearer another-token-of-no-one', `Basic ${token}`]) {
      const refused = await post(a, `drain?${who}`, { authorization });
      expect(refused.status).toBe(401);
      expect(refused.headers['www-authenticate']).toBe('Bearer');
    }
    for (const query of ['', 'operator=ana', 'reason=a', 'operator=&reason=a'])
      expect((await post(a, `drain?${query}`)).status).toBe(400);
    expect((await a.state()).instance.phase).toBe('ready');
    expect(await a.process.waitForLine(/"event":"operator.refused"/)).not.toContain('token-of-no-one');
  });

  it('what etcd does not take is said', async () => {
    const a = await start('a');
    cluster.etcd.process.pause();
    const refused = await post(a, `upgrade/release?${who}`);
    expect([refused.status, errorOf(refused)]).toEqual([503, expect.stringContaining('does not answer')]);
    cluster.etcd.process.resume();
  });

  it('a renewed file of the token is used at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'baton-token-'));
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, `${token}\n`);
    const a = await start('a', { admin: { tokenFile } });
    expect((await post(a, `dynamic/clear?${who}`)).status).toBe(200);
    await writeFile(tokenFile, 'the-next-token-of-an-operator\n');
    expect((await post(a, `dynamic/clear?${who}`)).status).toBe(401);
    const authorization = 'Bearer the-next-token-of-an-operator';
    expect((await post(a, `dynamic/clear?${who}`, { authorization })).status).toBe(200);
    await writeFile(tokenFile, 'short\n');
    expect((await post(a, `dynamic/clear?${who}`, { authorization: 'Bearer short' })).status).toBe(401);
    await rm(folder, { recursive: true });
    expect((await post(a, `dynamic/clear?${who}`, { authorization })).status).toBe(401);
  });
});

describe('when an instance has several pools', () => {
  const pools = ['chat', 'embed'].map((name, nth) => ({
    name,
    matches: [{ header: { name: 'x-pool', value: name } }],
    endpoints: [`10.0.0.${nth + 1}:80`],
  }));

  it('the path names the pool that an operator changes, and a drain is of all', async () => {
    const own = { admin: { token }, instance: { generation: 7 } };
    const a = await start('a', own, { pools: pools as unknown as BatonSettings[string] });
    const embed = { adminUrl: `${a.adminUrl}/pools/embed` };
    const query = `setting=scheduling.policy%3Drandom&${who}`;
    expect((await post(embed, `dynamic/set?${query}`)).status).toBe(200);
    expect((await post(embed, `upgrade/pin?generation=7&${who}`)).status).toBe(200);
    await eventually(async () => {
      const states = await a.poolStates();
      expect(states.map(({ policy }) => policy.configured)).toEqual(['least-request', 'random']);
      expect(states.map(({ steering }) => steering.pinnedGeneration)).toEqual([null, 7]);
    }, wait);
    const settings = await Promise.all(
      [a, embed].map(async ({ adminUrl }) => {
        const headers = { authorization: `Bearer ${token}` };
        return JSON.parse((await sendHttp(`${adminUrl}/operator`, { headers })).text).settings;
      }),
    );
    expect(settings.map((each) => each['scheduling.policy'])).toEqual(['least-request', 'random']);
    const counts = await Promise.all(
      [a, embed].map(async ({ adminUrl }) => {
        const events = (await httpGetJson(`${adminUrl}/events`)) as LifeEvent[];
        return events.filter(({ kind }) => kind === 'operator').length;
      }),
    );
    expect(counts).toEqual([0, 2]);

    expect(doneOf(await post(embed, `drain?${who}`))).toBe('a drains, and stops');
    expect(await a.process.exited).toEqual({ code: 0, signal: null });
  });
});

describe('when no token is configured', () => {
  it('there is nothing to ask', async () => {
    const a = await start('a', {});
    expect((await post(a, `drain?${who}`)).status).toBe(404);
    expect((await sendHttp(`${a.adminUrl}/operator`)).status).toBe(404);
  });
});
