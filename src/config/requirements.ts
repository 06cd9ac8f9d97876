import type { Problem } from './problem.ts';

/** What a command needs although the configuration is valid without it. */
export type Requirement = 'endpoints' | 'etcd' | 'nothing';

/** @param tree the settings as given, which may be invalid */
export function missingSettings(requirement: Requirement, tree: object): Problem[] {
  const { pool = {}, etcd = {}, pools } = tree as Record<string, Record<string, unknown>>;
  const origin = { kind: 'default' } as const;
  switch (requirement) {
    case 'nothing':
      return [];
    case 'endpoints':
      if (Array.isArray(pools) && pools.length > 0) return pools.flatMap(poolWithoutSource);
      if (hasSource(pool)) return [];
      return [
        {
          path: 'pool',
          origin,
          message: 'no endpoints: give pool.endpoints, pool.file, pool.etcd or pool.kubernetes',
        },
      ];
    case 'etcd':
      if (isGiven(etcd.endpoints)) return [];
      return [{ path: 'etcd.endpoints', origin, message: 'no etcd: give etcd.endpoints (--etcd)' }];
    default:
      return requirement satisfies never;
  }
}

function hasSource({ endpoints, file, etcd, kubernetes }: Record<string, unknown>): boolean {
  return [endpoints, file, etcd, kubernetes].some(isGiven);
}

function poolWithoutSource(entry: unknown, index: number): Problem[] {
  if (typeof entry !== 'object' || entry === null || hasSource({ ...entry })) return [];
  const message = 'no endpoints: give endpoints, file, etcd or kubernetes';
  return [{ path: `pools.${index}`, origin: { kind: 'default' }, message }];
}

export function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}
