import type { LifeEvent } from '../../src/admin/eventLog.ts';
import { readStoredConfig, replaceStoredConfig } from '../../src/dynamic/storedRecord.ts';
import { connect } from '../../src/etcd/client.ts';
import { decodeDynamicConfig } from '../../src/proto/records/dynamicConfigRecord.ts';
import { stateCodecs } from '../../src/proto/stateCodecs.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { openExchange } from '../../tools/testbed/extProcClient.ts';
import { httpGet, httpGetJson } from '../../tools/testbed/httpGet.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { allHaveJoined, areDegraded } from '../support/views.ts';

/**
 * Settings for the whole fleet at once: two instances as processes, a real etcd, and the operator's
 * commands.
 */
// Before the check for leaks, in the order in which they are written.
afterAll(() => fleet.stop());
checkForLeaks();

const wait = { timeoutMs: 30_000 };

let fleet: BatonCluster;
let a: Baton;
let b: Baton;

beforeAll(async () => {
  fleet = await BatonCluster.start({
    pool: { endpoints: ['10.0.0.1:80', '10.0.0.2:80'], probe: { enabled: false } },
    etcd: { leaseTtlSeconds: 2 },
    drain: { noticeMs: 0, quietMs: 0, graceMs: 1000 },
  });
  a = await fleet.instance('a');
  b = await fleet.instance('b');
  await Promise.all([a.start(), b.start()]);
});

afterEach(async () => {
  await fleet.remove('config');
  await Promise.all([a, b].map((instance) => hasDynamicSettings(instance, undefined)));
});

async function dynamic(...args: readonly string[]) {
  return fleet.command('dynamic', ...args);
}

/** Waits until an instance has exactly these settings in force; undefined: only its own. */
async function hasDynamicSettings(
  instance: Baton,
  settings: Record<string, unknown> | undefined,
): Promise<void> {
  await eventually(async () => {
    const { dynamic: report } = await instance.state();
    const values = Object.entries(report?.settings ?? {}).map(([path, { value }]) => [path, value] as const);
    expect(report && Object.fromEntries(values)).toEqual(settings ?? null);
  }, wait);
}

/** Sends a request and returns the policy that decided it: the one whose count has risen. */
async function policyOf(instance: Baton): Promise<string | undefined> {
  const before = await decisions(instance);
  const exchange = await openExchange(instance.address);
  exchange.end();
  expect(exchange.pod).toBeDefined();
  const after = await decisions(instance);
  return [...after.keys()].find((policy) => after.get(policy) !== before.get(policy));
}

async function decisions(instance: Baton): Promise<ReadonlyMap<string, number>> {
  const { body } = await httpGet(`${instance.adminUrl}/metrics`);
  const lines = body.matchAll(/^baton_decisions_total\{policy="([^"]+)",outcome="route"\} (\d+)/gm);
  return new Map([...lines].map(([, policy = '', count]) => [policy, Number(count)]));
}

describe('when the operator sets dynamic settings', () => {
  it('applies them in every instance at once, and the own ones again when they are removed', async () => {
    const ended = await dynamic(
      'set',
      'scheduling.policy=random',
      'telemetry.logLevel=debug',
      '--reason',
      'slow',
    );
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    for (const instance of [a, b]) {
      await hasDynamicSettings(instance, { 'scheduling.policy': 'random', 'telemetry.logLevel': 'debug' });
      expect((await instance.state()).dynamic).toMatchObject({
        settings: { 'scheduling.policy': { value: 'random', own: 'least-request' } },
        leftOut: [],
        reason: 'slow',
      });
      expect(await policyOf(instance)).toBe('random');
      await instance.process.waitForLine(/"event":"decision.made","policy":"random"/);
    }

    await dynamic('unset', 'scheduling.policy');
    await hasDynamicSettings(a, { 'telemetry.logLevel': 'debug' });
    expect(await policyOf(a)).toBe('least-request');

    const events = (await httpGetJson(`${a.adminUrl}/events`)) as LifeEvent[];
    const messages = events.filter(({ kind }) => kind === 'config').map(({ message }) => message);
    expect(messages.slice(-2)).toEqual([
      'dynamic configuration: scheduling.policy=random, telemetry.logLevel=debug',
      'dynamic configuration: telemetry.logLevel=debug',
    ]);
  });

  it('adds to the settings that are dynamic already, and shows all with their origin', async () => {
    await dynamic('set', 'scheduling.policy=round-robin', '--reason', 'first');
    await dynamic('set', 'sync.writesPerSecond=100', '--reason', 'second');
    const { stdout } = await dynamic('show', '--set', 'sync.minIntervalMs=30');
    expect(stdout).toMatch(/^pool default: dynamic configuration since \S+: second$/m);
    expect(stdout).toMatch(/^ {2}scheduling\.policy +round-robin +dynamic configuration$/m);
    expect(stdout).toMatch(/^ {2}sync\.writesPerSecond +100 +dynamic configuration$/m);
    expect(stdout).toMatch(/^ {2}sync\.minIntervalMs +30 +--set$/m);
    await dynamic('unset', 'scheduling.policy', 'sync.writesPerSecond');
    expect((await fleet.records()).has('config')).toBe(false);
  });

  it('writes nothing when one of them is invalid, and prints each problem', async () => {
    const ended = await dynamic(
      'set',
      'scheduling.policy=best',
      'sync.minIntervalMs=50',
      'telemetry.loglevel=warn',
    );
    expect(ended).toMatchObject({ exitCode: 78, stdout: '' });
    expect(ended.stderr).toContain('scheduling.policy: "best" given, expected one of');
    expect(ended.stderr).toContain(
      'telemetry.loglevel: not a dynamic setting; did you mean telemetry.logLevel?',
    );
    expect((await fleet.records()).has('config')).toBe(false);
  });

  it('publishes what waits for an interval when the interval is removed', async () => {
    await dynamic('set', 'sync.minIntervalMs=3600000');
    await hasDynamicSettings(a, { 'sync.minIntervalMs': 3_600_000 });
    const exchange = await openExchange(a.address);
    const seenByB = async () => (await b.state()).peers.find(({ id }) => id === 'a')?.inFlight;
    expect(await seenByB()).toBe(0);
    await dynamic('clear');
    await eventually(async () => expect(await seenByB()).toBe(1), wait);
    exchange.end();
    await eventually(async () => expect(await seenByB()).toBe(0), wait);
  });
});

describe('when two operators change it at once', () => {
  it('refuses the second, whose change would undo the first one', async () => {
    const options = { endpoints: [fleet.etcd.endpoint], requestTimeoutMs: 5_000 };
    const client = connect(options, '/baton/v1/default/');
    try {
      const record = (policy: string) => ({
        settings: new Map([['scheduling.policy', policy]]),
        reason: '',
        setUnixMs: 1,
      });
      const seen = await readStoredConfig(client);
      expect(await replaceStoredConfig(client, seen, record('random'))).toBe(true);
      expect(await replaceStoredConfig(client, seen, record('round-robin'))).toBe(false);
      const now = await readStoredConfig(client);
      expect(now.record?.settings.get('scheduling.policy')).toBe('random');
      expect(await replaceStoredConfig(client, now, { ...record(''), settings: new Map() })).toBe(true);
      expect(await readStoredConfig(client)).toEqual({ record: undefined, revision: 0 });
    } finally {
      client.close();
    }
  });
});

describe('when an instance starts', () => {
  it('has them in force before its first decision', async () => {
    await dynamic('set', 'scheduling.policy=round-robin');
    const c = await fleet.instance('c', { scheduling: { policy: 'random' } });
    await c.start();
    expect(await policyOf(c)).toBe('round-robin');
    expect((await decisions(c)).get('random')).toBe(0);
    await c.stopCleanly();
  });
});

describe('when etcd goes away', () => {
  it('keeps them in force, and takes what changed when it is back', async () => {
    await dynamic('set', 'scheduling.policy=random');
    await hasDynamicSettings(a, { 'scheduling.policy': 'random' });
    await hasDynamicSettings(b, { 'scheduling.policy': 'random' });
    await fleet.etcd.kill();
    await areDegraded([a, b]);
    expect(await policyOf(a)).toBe('random');
    await fleet.etcd.restart('kept');
    await dynamic('set', 'scheduling.policy=power-of-two');
    await allHaveJoined([a, b]);
    await hasDynamicSettings(a, { 'scheduling.policy': 'power-of-two' });
    expect(await policyOf(a)).toBe('power-of-two');
  });
});

describe('when the record cannot be read', () => {
  it('keeps the one before in force, counts it, and is replaced only after a clear', async () => {
    await dynamic('set', 'scheduling.policy=random');
    await hasDynamicSettings(a, { 'scheduling.policy': 'random' });
    await fleet.put('config', Uint8Array.of(0xff, 0xff, 0xff));
    await eventually(async () => {
      const { body } = await httpGet(`${a.adminUrl}/metrics`);
      expect(body).toMatch(/^baton_records_skipped_total\{kind="config"\} 1$/m);
    }, wait);
    expect(await policyOf(a)).toBe('random');
    const refused = await dynamic('set', 'scheduling.policy=round-robin');
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('baton dynamic clear') });
    await dynamic('clear');
    await dynamic('set', 'scheduling.policy=round-robin');
    await hasDynamicSettings(a, { 'scheduling.policy': 'round-robin' });
    expect(decodeDynamicConfig((await fleet.records()).get('config') ?? new Uint8Array()).settings.size).toBe(
      1,
    );
  });

  it.each([
    ['a date that no calendar has', { set_unix_ms: '9223372036854775807' }],
    ['a reason that acts on a terminal', { reason: '\u001b[2J' }],
  ])('leaves it out for %s, and every page of the admin port answers', async (_, absurd) => {
    await dynamic('set', 'scheduling.policy=random');
    await hasDynamicSettings(a, { 'scheduling.policy': 'random' });
    const before = await skipped(a);
    const settings = { 'scheduling.policy': 'round-robin' };
    await fleet.put('config', stateCodecs.dynamicConfig.encode({ settings, ...absurd }));
    await eventually(async () => expect(await skipped(a)).toBe(before + 1), wait);
    for (const path of ['/readyz', '/livez', '/state', '/events', '/metrics'])
      expect((await httpGet(a.adminUrl + path)).status).toBe(200);
    expect(await policyOf(a)).toBe('random');
  });
});

async function skipped(instance: Baton): Promise<number> {
  const { body } = await httpGet(`${instance.adminUrl}/metrics`);
  return Number(/^baton_records_skipped_total\{kind="config"\} (\d+)$/m.exec(body)?.[1]);
}
