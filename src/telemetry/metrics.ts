import type { GaugeReadings } from './gaugeReadings.ts';

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
export const recordKinds = ['instance', 'load', 'bequest', 'target', 'endpoint', 'config'] as const;
export type RecordKind = (typeof recordKinds)[number];
export const storeWriteOutcomes = ['ok', 'failed'] as const;
export type StoreWriteOutcome = (typeof storeWriteOutcomes)[number];

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
  /** Gives the gauges their source, as a rule the function that `/state` answers with. To be called once. */
  observe(read: () => GaugeReadings): void;
}
