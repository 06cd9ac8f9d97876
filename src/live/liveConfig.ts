import { readLiveSettings, valueAt, withLiveSettings } from '../config/liveSettings.ts';
import { describeProblem, type Problem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { SharedStore } from '../etcd/sharedStore.ts';
import { SingleRecord } from '../etcd/singleRecord.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { decodeLiveRecord, type LiveRecord, liveConfigKey } from './liveRecord.ts';

export interface LiveConfigOptions {
  /** What the instance was started with. */
  readonly own: Config;
  /** Called after `config` has become another one. */
  readonly onChange: (config: Config) => void;
  readonly events: { add(kind: string, message: string, fields: Readonly<Record<string, unknown>>): void };
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'recordSkipped'>;
}

/** What is live, for people. */
export interface LiveReport {
  /** By dotted name: what is in force, and what the instance itself was configured with. */
  readonly settings: Readonly<Record<string, { readonly value: unknown; readonly own: unknown }>>;
  /** Settings that this release leaves out, and why. */
  readonly leftOut: readonly string[];
  readonly reason: string;
  /** ISO 8601. */
  readonly setAt: string;
}

interface InForce {
  readonly record: LiveRecord;
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly Problem[];
}

/**
 * The configuration that is in force: the instance's own one, and over it what the record `config` says to all
 * instances of the pool. Whoever reads a live setting asks for `config` at each use. It needs no store: without
 * one, or without the record, the own configuration is in force; while the store is away, what it said last.
 */
export class LiveConfig {
  readonly #options: LiveConfigOptions;
  #config: Config;
  #inForce: InForce | undefined;

  constructor(options: LiveConfigOptions) {
    this.#options = options;
    this.#config = options.own;
  }

  get config(): Config {
    return this.#config;
  }

  /** To be called before the store is started, so that what it holds is in force before the first decision. */
  follow(store: Pick<SharedStore, 'subscribe'>): void {
    const record = new SingleRecord({
      decode: decodeLiveRecord,
      onChange: (now) => this.#takeOver(now),
      onUnreadable: (cause) => this.#leaveOut(String(cause)),
    });
    store.subscribe(liveConfigKey, record);
  }

  /** null: nothing is live. */
  report(): LiveReport | null {
    if (this.#inForce === undefined) return null;
    const { record, values, problems } = this.#inForce;
    const { own } = this.#options;
    const settings = [...values].map(([path, value]) => [path, { value, own: valueAt(own, path) }] as const);
    return {
      settings: Object.fromEntries(settings),
      leftOut: problems.map(describeProblem),
      reason: record.reason,
      setAt: new Date(record.setUnixMs).toISOString(),
    };
  }

  #takeOver(record: LiveRecord | undefined): void {
    const { own, onChange } = this.#options;
    this.#inForce = record && { record, ...readLiveSettings(record.settings) };
    const { values, problems } = this.#inForce ?? { values: new Map<string, unknown>(), problems: [] };
    this.#config = withLiveSettings(own, values);
    onChange(this.#config);
    const shown = [...values].map(([path, value]) => `${path}=${value}`).join(', ') || 'nothing';
    this.#tell(`live configuration: ${shown}`, { ...Object.fromEntries(values), reason: record?.reason });
    for (const problem of problems) this.#leaveOut(describeProblem(problem));
  }

  #tell(message: string, fields: Readonly<Record<string, unknown>>): void {
    const { log, events } = this.#options;
    log.info(fields, message);
    events.add('config', message, fields);
  }

  /** A setting, or the whole record. */
  #leaveOut(problem: string): void {
    const { log, events, metrics } = this.#options;
    metrics.recordSkipped('config');
    log.warn({ kind: 'config', problem }, 'live configuration skipped, or a part of it: it cannot be read');
    events.add('config', `left out of the live configuration: ${problem}`, {});
  }
}
