import type { Instruments } from '../telemetry/instruments.ts';
import { counter, gauge, label } from '../telemetry/metric.ts';

/** Records in etcd, by the key range they are in. */
export const recordKindNames = [
  'instance',
  'load',
  'handoff',
  'signals',
  'prefix-log',
  'pod-prefixes',
  'target',
  'endpoint',
  'config',
] as const;
export type SkippedKind = (typeof recordKindNames)[number];

export const etcdMetrics = {
  recordsSkipped: counter({
    name: 'baton_records_skipped',
    labels: [label('kind', recordKindNames)],
    means:
      'Records in etcd, or parts of them, that are not used: unreadable, too large, too many, without a lease',
    worry:
      'Any rise: something else writes under the prefix, or a setting of the dynamic configuration is unknown ' +
      'to this release. The log names the key.',
  }),
};
export type EtcdMetrics = Instruments<typeof etcdMetrics>;

export const etcdGauges = [
  gauge<{ readonly leaseHeld: boolean }>({
    name: 'baton_lease_held',
    labels: [],
    means: "1 while the lease on this instance's records is held",
    worry:
      '0 for longer than `etcd.leaseTtlSeconds` where etcd is configured: this instance is invisible to the others.',
    read: ({ leaseHeld }) => (leaseHeld ? 1 : 0),
  }),
];
