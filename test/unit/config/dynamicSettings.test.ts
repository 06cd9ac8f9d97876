import {
  effectiveDynamicSettings,
  readDynamicSettings,
  withDynamicSettings,
} from '../../../src/config/dynamicSettings.ts';
import { load } from '../../../src/config/load.ts';
import { dynamicPaths } from '../../../src/config/schema.ts';
import { settings } from '../../../src/config/settings.ts';
import { processEnvOf } from './processEnvOf.ts';

const read = (given: Record<string, string>) => readDynamicSettings(new Map(Object.entries(given)));

function loadOwn() {
  const loaded = load({ policy: 'round-robin', endpoint: ['10.0.0.1:80'] }, processEnvOf(), 'endpoints');
  if (loaded.kind === 'invalid') throw new Error('the configuration is valid');
  return loaded;
}

describe('dynamic settings', () => {
  it('are parsed by the schema', () => {
    const { values, problems } = read({
      'scheduling.policy': 'random',
      'scheduling.allowRequestPolicy': 'false',
      'scheduling.unknownPolicy': 'default',
      'sync.minIntervalMs': '50',
      'sync.writesPerSecond': '100',
      'telemetry.logLevel': 'debug',
    });
    expect(problems).toEqual([]);
    expect(Object.fromEntries(values)).toEqual({
      'scheduling.policy': 'random',
      'scheduling.allowRequestPolicy': false,
      'scheduling.unknownPolicy': 'default',
      'sync.minIntervalMs': 50,
      'sync.writesPerSecond': 100,
      'telemetry.logLevel': 'debug',
    });
    expect([...values.keys()].toSorted()).toEqual(dynamicPaths.toSorted());
  });

  it('are settings of the configuration', () => {
    expect(settings.map(({ path }) => path)).toEqual(expect.arrayContaining([...dynamicPaths]));
  });

  it.each([
    ['a wrong value', 'scheduling.policy', 'best', '"best" given, expected one of random, round-robin'],
    ['a number out of range', 'sync.minIntervalMs', '0', '0 given, expected a whole number of milliseconds'],
    ['a text for a number', 'sync.writesPerSecond', 'many', '"many" given, expected a whole number'],
    ['a mistyped name', 'scheduling.polcy', 'random', 'did you mean scheduling.policy?'],
    ['an unknown name', 'weather', 'fine', 'unknown setting'],
    [
      'one that is read at the start',
      'server.address',
      'a:1',
      'reads it only when it starts; dynamic are sched',
    ],
    ['a group', 'drain', '1', 'a group of settings'],
    ['a name that objects have', '__proto__', '1', 'unknown setting'],
  ])('are refused one by one: %s', (_, path, text, message) => {
    const { values, problems } = read({ 'telemetry.logLevel': 'warn', [path]: text });
    expect(problems).toEqual([
      { path, origin: { kind: 'dynamic' }, message: expect.stringContaining(message) },
    ]);
    expect([...values]).toEqual([['telemetry.logLevel', 'warn']]);
  });
});

describe('a configuration with dynamic settings', () => {
  it('has them in place of its own, which does not change', () => {
    const { config } = loadOwn();
    const effective = withDynamicSettings(config, new Map([['scheduling.policy', 'random']]));
    expect(effective.scheduling).toEqual({ ...config.scheduling, policy: 'random' });
    expect({ ...effective, scheduling: config.scheduling }).toEqual(config);
    expect(config.scheduling.policy).toBe('round-robin');
  });

  it('names the origin of each: dynamic is stronger than a flag', () => {
    const { config, provenance } = loadOwn();
    const none = effectiveDynamicSettings(config, provenance, new Map());
    expect(none[0]).toEqual({
      path: 'scheduling.policy',
      value: 'round-robin',
      origin: { kind: 'flag', name: '--policy' },
    });
    const some = effectiveDynamicSettings(config, provenance, new Map([['scheduling.policy', 'random']]));
    expect(some[0]).toEqual({ path: 'scheduling.policy', value: 'random', origin: { kind: 'dynamic' } });
    expect(some[1]).toMatchObject({ path: 'scheduling.allowRequestPolicy', origin: { kind: 'default' } });
  });
});
