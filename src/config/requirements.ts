import type { Problem } from './problem.ts';

/**
 * What a command cannot do without, though the configuration is sound without it: `serve` needs endpoints to
 * choose from, `register` needs etcd.
 */
export type Requirement = 'endpoints' | 'etcd' | 'nothing';

/** @param tree the settings as given, which may be wrong in form */
export function missingSettings(need: Requirement, tree: object): Problem[] {
  const { pool = {}, etcd = {} } = tree as Record<string, Record<string, unknown>>;
  const nowhere = { kind: 'default' } as const;
  switch (need) {
    case 'nothing':
      return [];
    case 'endpoints':
      if (isGiven(pool.endpoints) || isGiven(pool.file) || isGiven(pool.etcd)) return [];
      return [
        {
          path: 'pool',
          origin: nowhere,
          message: 'no endpoints: give pool.endpoints, pool.file or pool.etcd',
        },
      ];
    case 'etcd':
      if (isGiven(etcd.endpoints)) return [];
      return [{ path: 'etcd.endpoints', origin: nowhere, message: 'none given; where is etcd? (--etcd)' }];
    default:
      return need satisfies never;
  }
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}
