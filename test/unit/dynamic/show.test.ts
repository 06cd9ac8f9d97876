import { load } from '../../../src/config/load.ts';
import { dynamicConfigJson, formatDynamicConfig } from '../../../src/dynamic/show.ts';
import { processEnvOf } from '../config/processEnvOf.ts';

function own() {
  const loaded = load({ set: ['sync.minIntervalMs=100'] }, processEnvOf(), 'nothing');
  if (loaded.kind === 'invalid') throw new Error('the configuration is valid');
  return loaded;
}

const record = {
  settings: new Map([
    ['scheduling.policy', 'random'],
    ['telemetry.mood', 'good'],
  ]),
  reason: 'pods melt',
  setUnixMs: 0,
};

describe('the dynamic configuration', () => {
  it('is printed with its values and their origins', () => {
    const { config, provenance } = own();
    expect(formatDynamicConfig(config, provenance, record)).toBe(
      `pool default: dynamic configuration since 1970-01-01T00:00:00.000Z: pods melt
  scheduling.policy              random  dynamic configuration
  scheduling.allowRequestPolicy  true    default
  scheduling.unknownPolicy       reject  default
  sync.minIntervalMs             100     --set
  sync.writesPerSecond           500     default
  telemetry.logLevel             info    default
ignored by this release: dynamic configuration: telemetry.mood: unknown setting
`,
    );
  });

  it('is printed when there is none', () => {
    const { config, provenance } = own();
    expect(formatDynamicConfig(config, provenance, undefined)).toMatch(
      /^pool default: no dynamic configuration\n {2}scheduling/,
    );
  });

  it('is printed as JSON', () => {
    const { config, provenance } = own();
    expect(JSON.parse(dynamicConfigJson(config, provenance, record))).toMatchObject({
      pool: 'default',
      dynamic: { settings: { 'scheduling.policy': 'random', 'telemetry.mood': 'good' }, reason: 'pods melt' },
      values: { 'scheduling.policy': 'random', 'sync.minIntervalMs': 100 },
      origins: { 'scheduling.policy': 'dynamic configuration', 'sync.minIntervalMs': '--set' },
      leftOut: [expect.stringContaining('telemetry.mood')],
    });
    expect(JSON.parse(dynamicConfigJson(config, provenance, undefined)).dynamic).toBeNull();
  });
});
