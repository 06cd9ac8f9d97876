import { isMapping, type Mapping } from './mapping.ts';
import type { Problem } from './problem.ts';
import type { Provenance } from './provenance.ts';
import type { Config } from './schema.ts';

/** The configuration as one of its pools sees it. */
export type PoolConfig = Config & Pick<Config['pools'][number], 'matches'>;

/** Sections that an entry of `pools` may have, beside the settings of `pool` itself. */
const sections = ['scheduling', 'signals'] as const;
/** Of one pool alone, so with `pools` each entry gives its own. */
const ownOfPool = ['pool.name', 'pool.endpoints', 'pool.file', 'pool.kubernetes', 'eds.clusters'];

/**
 * The settings as given, where each entry of `pools` has got what it does not give itself from the
 * sections of the whole process. It validates nothing: an entry may be anything.
 */
export function inheritPools(tree: object): object {
  const { pools } = tree as Mapping;
  return Array.isArray(pools)
    ? { ...tree, pools: pools.map((entry) => inherited(tree as Mapping, entry)) }
    : tree;
}

function inherited(tree: Mapping, entry: unknown): unknown {
  if (!isMapping(entry)) return entry;
  const { extensions: _, ...scheduling } = isMapping(tree.scheduling) ? tree.scheduling : {};
  const base = { ...tree, scheduling };
  const own = Object.fromEntries(
    sections.flatMap((name) => {
      const value = merged(base[name as keyof typeof base], entry[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { ...(merged(tree.pool, entry) as Mapping), ...own };
}

/** Mappings are merged, other values replaced. */
function merged(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isMapping(base) || !isMapping(over)) return over;
  const names = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(names.map((name) => [name, merged(base[name], over[name])]));
}

/** Settings of one pool that are given for the process although it has several. */
export function misplacedPoolSettings(tree: object, provenance: Provenance): Problem[] {
  const { pools } = tree as Mapping;
  if (!Array.isArray(pools) || pools.length === 0) return [];
  return ownOfPool.flatMap((path) => {
    const [section = '', name = ''] = path.split('.');
    const values = (tree as Mapping)[section];
    if (!isMapping(values) || values[name] === undefined) return [];
    return [
      { path, origin: provenance.of(path), message: 'pools is given too: give it in an entry of pools' },
    ];
  });
}

/** The configuration as each pool sees it; with one pool, the configuration itself. */
export function poolConfigs(config: Config): readonly PoolConfig[] {
  if (config.pools.length === 0) return [{ ...config, matches: [] }];
  const { extensions } = config.scheduling;
  return config.pools.map(({ matches, eds, scheduling, signals, ...pool }) => ({
    ...config,
    matches,
    pool,
    eds,
    scheduling: { ...scheduling, extensions },
    signals,
  }));
}

/** As a file has it: without what belongs into the entries of `pools`, where there are some. */
export function withoutPoolDefaults(config: Config): object {
  if (config.pools.length === 0) return config;
  const { name: _name, endpoints: _endpoints, file: _file, kubernetes: _kubernetes, ...pool } = config.pool;
  return { ...config, pool, eds: {} };
}

/** The same configuration with only this pool; undefined: it has none of this name. */
export function onlyPool(config: Config, name: string): Config | undefined {
  const { matches: _, ...found } = poolConfigs(config).find(({ pool }) => pool.name === name) ?? {};
  return 'pool' in found ? { ...found, pools: [] } : undefined;
}
