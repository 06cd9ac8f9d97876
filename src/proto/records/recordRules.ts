import { isOneKey, type RecordKind, recordKeys } from './recordKeys.ts';

const kiB = 1024;
const miB = 1024 * kiB;

/**
 * How much of each kind of record an instance reads (RecordRules in src/etcd). The numbers are
 * several times what the largest tested fleet writes, 50 instances on 10,000 endpoints, so they
 * only meet mistakes and attacks. A record that describes a running process needs its lease.
 */
export const recordRules = {
  /** Of a few hundred bytes. */
  instances: { mustHaveLease: true, valueBytes: 64 * kiB, records: 1_000, keptBytes: 16 * miB },
  /** Up to 1,025 of one instance; the first may have all of its counts, 30 bytes each. */
  load: { mustHaveLease: true, valueBytes: 2 * miB, records: 200_000, keptBytes: 128 * miB },
  /** One has all counts of an instance. */
  handoffs: { mustHaveLease: true, valueBytes: 2 * miB, records: 1_000, keptBytes: 16 * miB },
  /** Programs other than `baton register` may write them without a lease. */
  endpoints: { mustHaveLease: false, valueBytes: 64 * kiB, records: 30_000, keptBytes: 64 * miB },
  /** One of each instance and of each pod; those of pods have a hundred bytes. */
  signals: { mustHaveLease: true, valueBytes: miB, records: 31_000, keptBytes: 32 * miB },
  /** 128 of each instance; those of one that ended stay for ten minutes. Nothing is kept. */
  prefixLog: { mustHaveLease: true, valueBytes: miB, records: 50_000, keptBytes: 512 * miB },
  /** One of each pod. */
  podPrefixes: { mustHaveLease: true, valueBytes: 256 * kiB, records: 30_000, keptBytes: 1024 * miB },
  pinnedGeneration: { mustHaveLease: false, valueBytes: 64 * kiB, records: 1, keptBytes: miB },
  dynamicConfig: { mustHaveLease: false, valueBytes: 64 * kiB, records: 1, keptBytes: miB },
} as const satisfies Record<RecordKind, object>;

/** The subscription to all records of a kind (RecordSubscription in src/etcd). */
export function subscriptionTo<Listener>(kind: RecordKind, listener: Listener) {
  const prefix: string = recordKeys[kind];
  return { prefix, isOneKey: isOneKey(kind), rules: recordRules[kind], listener };
}
