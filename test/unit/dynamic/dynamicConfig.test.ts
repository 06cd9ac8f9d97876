import { load } from '../../../src/config/load.ts';
import { DynamicConfig } from '../../../src/dynamic/dynamicConfig.ts';
import { etcdMetrics } from '../../../src/etcd/metrics.ts';
import { encodeDynamicConfig } from '../../../src/proto/records/dynamicConfigRecord.ts';
import { createInstruments } from '../../../src/telemetry/instruments.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { processEnvOf } from '../config/processEnvOf.ts';

/** An instance's dynamic configuration, on a store that the test plays. */
function harness() {
  const loaded = load({ policy: 'round-robin' }, processEnvOf(), 'nothing');
  if (loaded.kind === 'invalid') throw new Error('the configuration is sound');
  const events: string[] = [];
  const metrics = createInstruments(etcdMetrics);
  const changes: unknown[] = [];
  const live = new DynamicConfig({
    own: loaded.config,
    events: { add: (_, message) => events.push(message) },
    log: silentLog,
    metrics,
  });
  live.onChange(({ scheduling }) => changes.push(scheduling.policy));
  const { prefix, listener } = live.subscription;
  expect(prefix).toBe('config');
  const put = (settings: Record<string, string>): void => {
    const record = { settings: new Map(Object.entries(settings)), reason: 'pods melt', setUnixMs: 0 };
    listener.onPut('', encodeDynamicConfig(record));
  };
  const putBytes = (...bytes: number[]): void => listener.onPut('', Uint8Array.from(bytes));
  const remove = (): void => listener.onDelete('');
  return {
    live,
    own: loaded.config,
    events,
    changes,
    skipped: () => metrics.recordsSkipped.of('config'),
    put,
    putBytes,
    remove,
  };
}

describe('when nothing is live', () => {
  it('the own configuration is in force', () => {
    const { live, own } = harness();
    expect(live.config).toBe(own);
    expect(live.report()).toBeNull();
  });
});

describe('when settings are live', () => {
  it('puts them over the own ones, and says so', () => {
    const { live, own, put, changes, events } = harness();
    put({ 'scheduling.policy': 'random', 'sync.minIntervalMs': '50' });
    expect(live.config).toEqual({
      ...own,
      scheduling: { ...own.scheduling, policy: 'random' },
      sync: { ...own.sync, minIntervalMs: 50 },
    });
    expect(live.report()).toEqual({
      settings: {
        'scheduling.policy': { value: 'random', own: 'round-robin' },
        'sync.minIntervalMs': { value: 50, own: 20 },
      },
      leftOut: [],
      reason: 'pods melt',
      setAt: '1970-01-01T00:00:00.000Z',
    });
    expect(changes).toEqual(['random']);
    expect(events).toEqual(['dynamic configuration: scheduling.policy=random, sync.minIntervalMs=50']);
  });

  it('returns to the own ones of those that are live no more', () => {
    const { live, own, put, remove } = harness();
    put({ 'scheduling.policy': 'random', 'sync.minIntervalMs': '50' });
    put({ 'sync.minIntervalMs': '50' });
    expect(live.config.scheduling).toEqual(own.scheduling);
    expect(live.config.sync.minIntervalMs).toBe(50);
    remove();
    expect(live.config).toEqual(own);
    expect(live.report()).toBeNull();
  });

  it('takes what it knows of a newer release, and counts and tells what it leaves out', () => {
    const { live, put, skipped, events } = harness();
    put({ 'scheduling.policy': 'random', 'scheduling.mood': 'good', 'telemetry.logLevel': 'chatty' });
    expect(live.config.scheduling.policy).toBe('random');
    expect(live.config.telemetry.logLevel).toBe('info');
    expect(skipped()).toBe(2);
    expect(live.report()?.leftOut).toHaveLength(2);
    expect(events.filter((event) => event.startsWith('left out'))).toHaveLength(2);
  });

  it('keeps them when their successor cannot be read', () => {
    const { live, put, putBytes, skipped } = harness();
    put({ 'scheduling.policy': 'random' });
    putBytes(0xff, 0xff, 0xff);
    expect(live.config.scheduling.policy).toBe('random');
    expect(skipped()).toBe(1);
  });
});
