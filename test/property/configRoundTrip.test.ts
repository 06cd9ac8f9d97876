import fc from 'fast-check';
import { stringify } from 'yaml';
import { load } from '../../src/config/load.ts';
import { configAsYaml } from '../../src/config/printConfig.ts';
import { type Setting, settings } from '../../src/config/settings.ts';
import { processEnvOf } from '../unit/config/processEnvOf.ts';

/** Settings whose values may be anything of their kind. */
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'instance.release': fc.string(),
  'instance.zone': fc.string(),
  'instance.generation': fc.nat(),
  'pool.name': fc.stringMatching(/^[\w.-]{1,20}$/),
  'pool.file': fc.string({ minLength: 1 }),
  'pool.endpoints': fc.uniqueArray(
    fc.ipV4().map((ip) => `${ip}:8000`),
    { maxLength: 5 },
  ),
  'pool.probe.enabled': fc.boolean(),
  'scheduling.destinationHeaders': fc.array(fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/), { maxLength: 3 }),
  'sync.staleDecayMs': fc.nat(),
  'drain.quietMs': fc.nat(),
  'limits.maxStreams': fc.integer({ min: 1 }),
};

describe('any valid configuration', () => {
  it('is the same after it was printed as YAML and read again', () => {
    fc.assert(
      fc.property(fc.record(values, { requiredKeys: [] }), (given) => {
        const first = read(stringify(treeOf(given)));
        expect(read(configAsYaml(first.config, first.provenance)).config).toEqual(first.config);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same from a file as from the environment', () => {
    fc.assert(
      fc.property(fc.record(values, { requiredKeys: [] }), (given) => {
        const environment = Object.fromEntries(
          Object.entries(given).map(([path, value]) => [settingAt(path).environmentName, String(value)]),
        );
        const loaded = load({}, processEnvOf({ environment }), 'nothing');
        if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
        expect(loaded.config).toEqual(read(stringify(treeOf(given))).config);
      }),
      { numRuns: 50 },
    );
  });
});

function read(yaml: string) {
  const loaded = load({ config: 'a.yaml' }, processEnvOf({ files: { 'a.yaml': yaml } }), 'nothing');
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

function treeOf(given: Readonly<Record<string, unknown>>): object {
  const tree: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(given)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let node = tree;
    for (const name of names) {
      node[name] ??= {};
      node = node[name] as Record<string, unknown>;
    }
    node[last] = value;
  }
  return tree;
}

function settingAt(path: string): Setting {
  const setting = settings.find((candidate) => candidate.path === path);
  if (!setting) throw new Error(`no setting ${path}`);
  return setting;
}
