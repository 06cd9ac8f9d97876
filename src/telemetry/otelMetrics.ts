import type { Histogram, Meter } from '@opentelemetry/api';
import { BatchedHistogram } from './batchedHistogram.ts';
import { defineGauges } from './gauges.ts';
import type { InstanceGauges } from './instanceGauges.ts';
import { exportCounter, LabelledCounter } from './labelledCounter.ts';
import {
  type ConsistencyOutcome,
  consistencyOutcomes,
  type DecisionOutcome,
  type DifferenceKind,
  decisionOutcomes,
  differenceKinds,
  type Metrics,
  type RecordKind,
  recordKinds,
  type StoreWriteOutcome,
  type StreamEnd,
  storeWriteOutcomes,
  streamEnds,
} from './metrics.ts';

const decisionBucketsSeconds = [5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.1, 1];
const syncLagBucketsSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/**
 * The metrics as OpenTelemetry instruments. What a decision adds to costs nanoseconds: counters are plain numbers
 * (see `Tally`), durations are handed over in batches, without labels; nothing needs sampling. Labels take their
 * values from fixed lists or from the configuration, never from a request.
 */
export class OtelMetrics implements Metrics {
  readonly #meter: Meter;
  readonly #decisions: ReadonlyMap<string, LabelledCounter<DecisionOutcome>>;
  readonly #unknownPolicy = new LabelledCounter<DecisionOutcome>(decisionOutcomes);
  readonly #streamsEnded = new LabelledCounter<StreamEnd>(streamEnds);
  readonly #recordsSkipped = new LabelledCounter<RecordKind>(recordKinds);
  readonly #leaseRegrants = new LabelledCounter<'lease'>(['lease']);
  readonly #storeWrites = new LabelledCounter<StoreWriteOutcome>(storeWriteOutcomes);
  readonly #reloadFailures = new LabelledCounter<string>([]);
  readonly #consistencyChecks = new LabelledCounter<ConsistencyOutcome>(consistencyOutcomes);
  readonly #differences = new LabelledCounter<DifferenceKind>(differenceKinds);
  readonly #decisionDuration: BatchedHistogram;
  readonly #syncLag: Histogram;

  /** @param policies the names that may be a label; anything else is `unknown` */
  constructor(meter: Meter, policies: readonly string[]) {
    this.#meter = meter;
    this.#decisions = new Map(policies.map((policy) => [policy, new LabelledCounter(decisionOutcomes)]));
    this.#decisionDuration = new BatchedHistogram(
      meter.createHistogram('baton_decision_duration_seconds', {
        description: 'From the request headers to the reply',
        unit: 's',
        advice: { explicitBucketBoundaries: decisionBucketsSeconds },
      }),
    );
    this.#syncLag = meter.createHistogram('baton_sync_lag_seconds', {
      description: 'From an own write to the store to its appearance in the own watch',
      unit: 's',
      advice: { explicitBucketBoundaries: syncLagBucketsSeconds },
    });
    this.#showCounters();
  }

  decided(policy: string | undefined, outcome: DecisionOutcome, durationMs: number): void {
    const tally = policy === undefined ? undefined : this.#decisions.get(policy);
    (tally ?? this.#unknownPolicy).add(outcome);
    this.#decisionDuration.record(durationMs / 1000);
  }

  streamEnded(how: StreamEnd): void {
    this.#streamsEnded.add(how);
  }

  recordSkipped(kind: RecordKind): void {
    this.#recordsSkipped.add(kind);
  }

  leaseRegranted(): void {
    this.#leaseRegrants.add('lease');
  }

  storeWritten(outcome: StoreWriteOutcome): void {
    this.#storeWrites.add(outcome);
  }

  syncLag(lagMs: number): void {
    this.#syncLag.record(lagMs / 1000);
  }

  poolReloadFailed(source: string): void {
    this.#reloadFailures.add(source);
  }

  consistencyChecked(outcome: ConsistencyOutcome): void {
    this.#consistencyChecks.add(outcome);
  }

  consistencyDiffered(kind: DifferenceKind): void {
    this.#differences.add(kind);
  }

  observe(read: () => InstanceGauges): void {
    defineGauges(this.#meter, read);
  }

  #showCounters(): void {
    const meter = this.#meter;
    const decisions = meter.createObservableCounter('baton_decisions', {
      description: 'Decisions by policy and outcome',
    });
    decisions.addCallback((observed) => {
      // Callbacks come before the histograms are read.
      this.#decisionDuration.flush();
      for (const [policy, tally] of [...this.#decisions, ['unknown', this.#unknownPolicy] as const]) {
        for (const [outcome, count] of tally.entries()) observed.observe(count, { policy, outcome });
      }
    });
    exportCounter(meter, streamsEnded, this.#streamsEnded, (how) => ({ how }));
    exportCounter(meter, recordsSkipped, this.#recordsSkipped, (kind) => ({ kind }));
    exportCounter(meter, leaseRegrants, this.#leaseRegrants, () => ({}));
    exportCounter(meter, storeWrites, this.#storeWrites, (outcome) => ({ outcome }));
    exportCounter(meter, reloadFailures, this.#reloadFailures, (source) => ({ source }));
    exportCounter(meter, consistencyChecks, this.#consistencyChecks, (outcome) => ({ outcome }));
    exportCounter(meter, differences, this.#differences, (kind) => ({ kind }));
  }
}

const streamsEnded = { name: 'baton_streams_ended', description: 'ext_proc streams by how they ended' };
const recordsSkipped = {
  name: 'baton_records_skipped',
  description: 'Records of the store that could not be read',
};
const leaseRegrants = { name: 'baton_lease_regrants', description: 'Leases granted after one was lost' };
const storeWrites = { name: 'baton_store_writes', description: 'Writes to the store by outcome' };
const reloadFailures = {
  name: 'baton_pool_reload_failures',
  description: 'Failed reads of an endpoint source',
};
const consistencyChecks = {
  name: 'baton_consistency_checks',
  description: 'Rounds of the consistency check by outcome',
};
const differences = {
  name: 'baton_consistency_differences',
  description: 'Counts that the consistency check found not to be what they are meant to be; any is a bug',
};
