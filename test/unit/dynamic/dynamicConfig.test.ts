import { load } from '../../../src/config/load.ts';
import { DynamicConfig } from '../../../src/dynamic/dynamicConfig.ts';
import { etcdMetrics } from '../../../src/etcd/metrics.ts';
import { encodeDynamicConfig } from '../../../src/proto/records/dynamicConfigRecord.ts';
import { stateCodecs } from '../../../src/proto/stateCodecs.ts';
import { createInstruments } from '../../../src/telemetry/instruments.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { processEnvOf } from '../config/processEnvOf.ts';

/** An instance's dynamic configuration, with a session that the test drives. */
function harness() {
  const loaded = load({ policy: 'round-robin' }, processEnvOf(), 'nothing');
  if (loaded.kind === 'invalid') throw new Error('the configuration is valid');
  const events: string[] = [];
  const metrics = createInstruments(etcdMetrics);
  const changes: unknown[] = [];
  const dynamic = new DynamicConfig({
    own: loaded.config,
    events: { add: (_, message) => events.push(message) },
    log: silentLog,
    metrics,
  });
  dynamic.onChange(({ scheduling }) => changes.push(scheduling.policy));
  const { prefix, listener } = dynamic.subscription;
  expect(prefix).toBe('config');
  const put = (settings: Record<string, string>): void => {
    const record = { settings: new Map(Object.entries(settings)), reason: 'slow pods', setUnixMs: 0 };
    listener.onPut('', encodeDynamicConfig(record));
  };
  const putBytes = (...bytes: number[]): void => listener.onPut('', Uint8Array.from(bytes));
  const remove = (): void => listener.onDelete('');
  return {
    dynamic,
    own: loaded.config,
    events,
    changes,
    skipped: () => metrics.recordsSkipped.of('config'),
    put,
    putBytes,
    remove,
  };
}

describe('when the record has an absurd date', () => {
  it('keeps the one before, which it can report, and counts the skip', () => {
    const { dynamic, put, putBytes, skipped } = harness();
    put({ 'scheduling.policy': 'random' });
    const settings = { 'scheduling.policy': 'round-robin' };
    putBytes(...stateCodecs.dynamicConfig.encode({ settings, set_unix_ms: 8_640_000_000_000_001 }));
    expect(dynamic.report()?.setAt).toBe('1970-01-01T00:00:00.000Z');
    expect([dynamic.config.scheduling.policy, skipped()]).toEqual(['random', 1]);
  });
});

describe('when the record does not exist', () => {
  it('uses the own configuration', () => {
    const { dynamic, own } = harness();
    expect(dynamic.config).toBe(own);
    expect(dynamic.report()).toBeNull();
  });
});

describe('when the record has settings', () => {
  it('overrides the own ones, and records an event', () => {
    const { dynamic, own, put, changes, events } = harness();
    put({ 'scheduling.policy': 'random', 'sync.minIntervalMs': '50' });
    expect(dynamic.config).toEqual({
      ...own,
      scheduling: { ...own.scheduling, policy: 'random' },
      sync: { ...own.sync, minIntervalMs: 50 },
    });
    expect(dynamic.report()).toEqual({
      settings: {
        'scheduling.policy': { value: 'random', own: 'round-robin' },
        'sync.minIntervalMs': { value: 50, own: 20 },
      },
      leftOut: [],
      reason: 'slow pods',
      setAt: '1970-01-01T00:00:00.000Z',
    });
    expect(changes).toEqual(['random']);
    expect(events).toEqual(['dynamic configuration: scheduling.policy=random, sync.minIntervalMs=50']);
  });

  it('returns to the own ones that are no longer overridden', () => {
    const { dynamic, own, put, remove } = harness();
    put({ 'scheduling.policy': 'random', 'sync.minIntervalMs': '50' });
    put({ 'sync.minIntervalMs': '50' });
    expect(dynamic.config.scheduling).toEqual(own.scheduling);
    expect(dynamic.config.sync.minIntervalMs).toBe(50);
    remove();
    expect(dynamic.config).toEqual(own);
    expect(dynamic.report()).toBeNull();
  });

  it('takes what it knows of a newer release, and counts and reports what it leaves out', () => {
    const { dynamic, put, skipped, events } = harness();
    put({ 'scheduling.policy': 'random', 'scheduling.mood': 'good', 'telemetry.logLevel': 'chatty' });
    expect(dynamic.config.scheduling.policy).toBe('random');
    expect(dynamic.config.telemetry.logLevel).toBe('info');
    expect(skipped()).toBe(2);
    expect(dynamic.report()?.leftOut).toHaveLength(2);
    expect(events.filter((event) => event.startsWith('left out'))).toHaveLength(2);
  });

  it('keeps them when their successor cannot be read', () => {
    const { dynamic, put, putBytes, skipped } = harness();
    put({ 'scheduling.policy': 'random' });
    putBytes(0xff, 0xff, 0xff);
    expect(dynamic.config.scheduling.policy).toBe('random');
    expect(skipped()).toBe(1);
  });
});
