import type { InstanceGauges } from './instanceGauges.ts';

/** How a decision came out: `route`, or why not. */
export const decisionOutcomes = [
  'route',
  'no-ready-endpoint',
  'subset-empty',
  'unknown-policy',
  'overloaded',
  'bad-request',
] as const;
export type DecisionOutcome = (typeof decisionOutcomes)[number];

/** How an ext_proc stream ended: by Envoy's end, by its reset, with an error, or half-closed by a drain. */
export const streamEnds = ['end', 'cancelled', 'error', 'drained'] as const;
export type StreamEnd = (typeof streamEnds)[number];

/** Records of the store, by what they tell. */
export const recordKinds = ['instance', 'load', 'handoff', 'target', 'endpoint', 'config'] as const;
export type RecordKind = (typeof recordKinds)[number];
export const storeWriteOutcomes = ['ok', 'failed'] as const;
export type StoreWriteOutcome = (typeof storeWriteOutcomes)[number];

/**
 * What the consistency check compares. own: this instance's counts and the streams that are open. shown: which records are
 * stored, in which version, and what the watch has shown. view: what the records say and what the view made of
 * them, or the parts of the view and their sum. published: this instance's counts and its own record.
 */
export const differenceKinds = ['local', 'watch', 'view', 'published'] as const;
export type DifferenceKind = (typeof differenceKinds)[number];
/** undecided: the store was away, or joined anew meanwhile. */
export const consistencyOutcomes = ['compared', 'undecided'] as const;
export type ConsistencyOutcome = (typeof consistencyOutcomes)[number];

/** What happened, told by the parts it happened to. Every call is synchronous, cheap and never throws. */
export interface Metrics {
  /** @param policy what was used or asked for; a name that is not known is counted as `unknown` */
  decided(policy: string | undefined, outcome: DecisionOutcome, durationMs: number): void;
  streamEnded(how: StreamEnd): void;
  /** A record of the store, or a part of one, that could not be read. */
  recordSkipped(kind: RecordKind): void;
  leaseRegranted(): void;
  storeWritten(outcome: StoreWriteOutcome): void;
  /** How long an own write took to come back through the watch. */
  syncLag(lagMs: number): void;
  /** @param source the configured source's name, such as `file pods.yaml`; never from a client */
  poolReloadFailed(source: string): void;
  /** A round of the consistency check is over. */
  consistencyChecked(outcome: ConsistencyOutcome): void;
  /** It found a difference. */
  consistencyDiffered(kind: DifferenceKind): void;
  /** Gives the gauges their source, as a rule the function that `/state` answers with. To be called once. */
  observe(read: () => InstanceGauges): void;
}
