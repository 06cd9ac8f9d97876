import type { EtcdMetrics, SkippedKind } from '../etcd/metrics.ts';
import type { IgnoredRecords } from '../etcd/records.ts';
import { type RecordKind, recordKeys, recordKindOf } from '../proto/records/recordKeys.ts';
import type { Log } from '../telemetry/log.ts';
import { LogInterval } from '../telemetry/logInterval.ts';

export interface SkippedRecordsOptions {
  readonly log: Log;
  readonly metrics: EtcdMetrics;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

/** The kinds by their names in metrics and log lines. */
const kindNames: Readonly<Record<RecordKind, SkippedKind>> = {
  instances: 'instance',
  load: 'load',
  handoffs: 'handoff',
  endpoints: 'endpoint',
  signals: 'signals',
  prefixLog: 'prefix-log',
  podPrefixes: 'pod-prefixes',
  pinnedGeneration: 'target',
  dynamicConfig: 'config',
};

/** Another process can write such records at any rate, so only some of them are logged. */
const mostLines = 20;
const intervalMs = 10_000;

/**
 * The records that are not used, because they cannot be read or the rules of their kind exclude
 * them: all are counted, some are logged.
 */
export class SkippedRecords {
  readonly #options: SkippedRecordsOptions;
  readonly #interval: LogInterval;
  #count = 0;

  constructor(options: SkippedRecordsOptions) {
    this.#options = options;
    this.#interval = new LogInterval(intervalMs, { lines: mostLines, nowMs: options.nowMs });
  }

  get count(): number {
    return this.#count;
  }

  /** A record that cannot be read, or whose content is not acceptable. */
  unreadable(kind: RecordKind, key: string, cause: unknown): void {
    this.#skip(kind, 1, { key: recordKeys[kind] + key, cause });
  }

  /** Records that the rules of a subscription exclude. */
  ignored({ prefix, key, count, why }: IgnoredRecords): void {
    const kind = recordKindOf(prefix);
    if (kind !== undefined) this.#skip(kind, count, { key: prefix + (key ?? ''), count, reason: why });
  }

  #skip(kind: RecordKind, count: number, fields: Readonly<Record<string, unknown>>): void {
    const { log, metrics } = this.#options;
    const name = kindNames[kind];
    this.#count += count;
    metrics.recordsSkipped.increase(count, name);
    this.#interval.log((suppressed) => {
      log.warn({ event: 'store.record-skipped', kind: name, ...fields, suppressed }, 'record skipped');
    });
  }
}
