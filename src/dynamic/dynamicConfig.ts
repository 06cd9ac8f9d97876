import { readDynamicSettings, withDynamicSettings } from '../config/dynamicSettings.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { valueAt } from '../config/valueAt.ts';
import type { EtcdMetrics } from '../etcd/metrics.ts';
import type { RecordSubscription } from '../etcd/records.ts';
import { SingleRecord } from '../etcd/singleRecord.ts';
import { type DynamicConfigRecord, decodeDynamicConfig } from '../proto/records/dynamicConfigRecord.ts';
import { subscriptionTo } from '../proto/records/recordRules.ts';
import type { Log } from '../telemetry/log.ts';

export interface DynamicConfigOptions {
  /** What the instance was started with. */
  readonly own: Config;
  readonly events: { add(kind: 'config', message: string, fields: Readonly<Record<string, unknown>>): void };
  readonly log: Log;
  readonly metrics: EtcdMetrics;
}

/** The dynamic configuration in force, as `/state` shows it. */
export interface DynamicConfigReport {
  /** By dotted name: what is in force, and what the instance itself was configured with. */
  readonly settings: Readonly<Record<string, { readonly value: unknown; readonly own: unknown }>>;
  /** Settings that this release leaves out, and why. */
  readonly leftOut: readonly string[];
  readonly reason: string;
  /** ISO 8601. */
  readonly setAt: string;
}

interface InForce {
  readonly record: DynamicConfigRecord;
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly Problem[];
}

/**
 * The configuration in force: the instance's own one, overridden by the record `config`, which all
 * instances of the pool follow. Code that uses a dynamic setting reads `config` at each use.
 * Without etcd, or without the record, the instance's own configuration is in force; while etcd is
 * down, the last record stays in force.
 */
export class DynamicConfig {
  readonly #options: DynamicConfigOptions;
  readonly #record: SingleRecord<DynamicConfigRecord>;
  #config: Config;
  #inForce: InForce | undefined;
  readonly #listeners = new Set<(config: Config) => void>();

  constructor(options: DynamicConfigOptions) {
    this.#options = options;
    this.#config = options.own;
    this.#record = new SingleRecord({
      decode: decodeDynamicConfig,
      onChange: (now) => this.#apply(now),
      onUnreadable: (cause) => this.#skip('the record cannot be decoded', cause),
    });
  }

  get config(): Config {
    return this.#config;
  }

  /** Calls back after `config` has become another one; returns a function that stops it. */
  onChange(listener: (config: Config) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be handed to the session. */
  get subscription(): RecordSubscription {
    return subscriptionTo('dynamicConfig', this.#record);
  }

  /** null: no setting is overridden. */
  report(): DynamicConfigReport | null {
    if (this.#inForce === undefined) return null;
    const { record, values, problems } = this.#inForce;
    const { own } = this.#options;
    const settings = [...values].map(([path, value]) => [path, { value, own: valueAt(own, path) }] as const);
    return {
      settings: Object.fromEntries(settings),
      leftOut: problems.map(formatProblem),
      reason: record.reason,
      setAt: new Date(record.setUnixMs).toISOString(),
    };
  }

  #apply(record: DynamicConfigRecord | undefined): void {
    const { own } = this.#options;
    this.#inForce = record && { record, ...readDynamicSettings(record.settings) };
    const { values, problems } = this.#inForce ?? { values: new Map<string, unknown>(), problems: [] };
    this.#config = withDynamicSettings(own, values);
    for (const listener of this.#listeners) listener(this.#config);
    const shown = [...values].map(([path, value]) => `${path}=${value}`).join(', ') || 'nothing';
    this.#report(`dynamic configuration: ${shown}`, {
      ...Object.fromEntries(values),
      reason: record?.reason,
    });
    for (const problem of problems) this.#skip(formatProblem(problem));
  }

  #report(message: string, fields: Readonly<Record<string, unknown>>): void {
    const { log, events } = this.#options;
    log.info({ event: 'config.changed', ...fields }, message);
    events.add('config', message, fields);
  }

  /** A setting, or the whole record. */
  #skip(problem: string, cause?: unknown): void {
    const { log, events, metrics } = this.#options;
    metrics.recordsSkipped.add('config');
    log.warn(
      { event: 'config.setting-skipped', kind: 'config', problem, cause },
      'unreadable part of the dynamic configuration skipped',
    );
    events.add('config', `left out of the dynamic configuration: ${problem}`, {});
  }
}
