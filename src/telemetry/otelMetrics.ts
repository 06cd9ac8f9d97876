import type { Histogram, Meter } from '@opentelemetry/api';
import { BatchedHistogram } from './batchedHistogram.ts';
import type { GaugeReadings } from './gaugeReadings.ts';
import { defineGauges } from './gauges.ts';
import {
  type DecisionOutcome,
  decisionOutcomes,
  type Metrics,
  type RecordKind,
  recordKinds,
  type StoreWriteOutcome,
  type StreamEnd,
  storeWriteOutcomes,
  streamEnds,
} from './metrics.ts';
import { showTally, Tally } from './tally.ts';

const decisionBucketsSeconds = [5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.1, 1];
const syncLagBucketsSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/**
 * The metrics as OpenTelemetry instruments. What a decision adds to costs nanoseconds: counters are plain numbers
 * (see `Tally`), durations are handed over in batches, without labels; nothing needs sampling. Labels take their
 * values from fixed lists or from the configuration, never from a request.
 */
export class OtelMetrics implements Metrics {
  readonly #meter: Meter;
  readonly #decisions: ReadonlyMap<string, Tally<DecisionOutcome>>;
  readonly #unknownPolicy = new Tally<DecisionOutcome>(decisionOutcomes);
  readonly #streamsEnded = new Tally<StreamEnd>(streamEnds);
  readonly #recordsSkipped = new Tally<RecordKind>(recordKinds);
  readonly #leaseRegrants = new Tally<'lease'>(['lease']);
  readonly #storeWrites = new Tally<StoreWriteOutcome>(storeWriteOutcomes);
  readonly #reloadFailures = new Tally<string>([]);
  readonly #decisionDuration: BatchedHistogram;
  readonly #syncLag: Histogram;

  /** @param policies the names that may be a label; anything else is `unknown` */
  constructor(meter: Meter, policies: readonly string[]) {
    this.#meter = meter;
    this.#decisions = new Map(policies.map((policy) => [policy, new Tally(decisionOutcomes)]));
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

  observe(read: () => GaugeReadings): void {
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
    showTally(meter, streamsEnded, this.#streamsEnded, (how) => ({ how }));
    showTally(meter, recordsSkipped, this.#recordsSkipped, (kind) => ({ kind }));
    showTally(meter, leaseRegrants, this.#leaseRegrants, () => ({}));
    showTally(meter, storeWrites, this.#storeWrites, (outcome) => ({ outcome }));
    showTally(meter, reloadFailures, this.#reloadFailures, (source) => ({ source }));
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
