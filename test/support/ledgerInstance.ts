import { type Clock, systemClock } from '../../src/clock.ts';
import { configSchema } from '../../src/config/schema.ts';
import { EtcdSession, type EtcdSessionOptions } from '../../src/etcd/etcdSession.ts';
import type { RecordListener, RecordSubscription } from '../../src/etcd/records.ts';
import type { EtcdSessionState } from '../../src/etcd/sessionListeners.ts';
import { ConsistencyCheck } from '../../src/ledger/consistencyCheck.ts';
import { EtcdLedger } from '../../src/ledger/etcdLedger.ts';
import { ledgerMetrics } from '../../src/ledger/metrics.ts';
import type { Phase } from '../../src/phase.ts';
import { subscriptionTo } from '../../src/proto/records/recordRules.ts';
import { createInstruments } from '../../src/telemetry/instruments.ts';
import { silentLog } from '../../src/telemetry/log.ts';

export interface LedgerInstance {
  readonly id: string;
  readonly store: EtcdSession;
  readonly ledger: EtcdLedger;
  readonly consistencyCheck: ConsistencyCheck;
  /** Successful writes of the counts. */
  writes(): number;
  /** Records that were unreadable or ignored. */
  recordsSkipped(): number;
  /** Fails when the consistency check found a difference, unless that is what the test is about. */
  stop(): Promise<void>;
}

export interface LedgerOptions {
  readonly prefix?: string;
  /** The ways to hash prompts that the instance says it knows. */
  readonly hashingSchemes?: readonly number[];
  /** Called at each write of the instance's record. */
  readonly phase?: () => Phase;
  readonly leaseTtlSeconds?: number;
  readonly staleDecayMs?: number;
  readonly minIntervalMs?: number;
  readonly writesPerSecond?: number;
  readonly requestTimeoutMs?: number;
  /** A session that a test wraps or observes. */
  readonly storeOf?: (options: EtcdSessionOptions) => EtcdSession;
  /** Receives the load reports after the ledger. */
  readonly alsoTo?: RecordListener;
  /** Further subscriptions. */
  readonly also?: readonly RecordSubscription[];
  readonly onSynced?: () => void;
  readonly onState?: (state: EtcdSessionState, ledger: EtcdLedger) => void;
  readonly reserved?: () => ReadonlyMap<string, number>;
  /**
   * The pause between two consistency checks. 0, never, where they interfere: they repair what a
   * test changes, and write to wait for the watch.
   */
  readonly checkIntervalMs?: number;
  /** The test expects differences. */
  readonly mayDiffer?: boolean;
  /** Of the ledger and the consistency check; the session keeps its lease in real time. */
  readonly clock?: Clock;
}

/**
 * The default of an instance: for benchmarks, in which frequent checks would distort the result.
 */
export const defaultCheckIntervalMs = configSchema.parse({}).consistency.intervalMs;

/**
 * One instance's ledger on a real etcd, without the rest of the process. Started, not necessarily
 * joined.
 */
export function startLedger(
  id: string,
  etcdUrls: string | readonly string[],
  {
    prefix = '/baton/v1/test/',
    hashingSchemes = [],
    phase = () => 'ready',
    leaseTtlSeconds = 2,
    staleDecayMs = 30_000,
    minIntervalMs = 20,
    writesPerSecond = 500,
    requestTimeoutMs = 1_000,
    storeOf = (options) => new EtcdSession(options),
    alsoTo,
    also = [],
    onSynced,
    onState,
    reserved,
    checkIntervalMs = 50,
    mayDiffer = false,
    clock = systemClock,
  }: LedgerOptions = {},
): LedgerInstance {
  const metrics = createInstruments(ledgerMetrics);
  let skipped = 0;
  const store = storeOf({ endpoints: [etcdUrls].flat(), prefix, leaseTtlSeconds, requestTimeoutMs });
  const ledger = new EtcdLedger({
    store,
    localId: id,
    startedUnixMs: 1,
    self: () => ({
      release: '1',
      generation: 0,
      phase: phase(),
      addresses: [],
      zone: '',
      withoutEndpoints: false,
      hashingSchemes,
    }),
    writeBudget: () => ({ minIntervalMs, writesPerSecond }),
    staleDecayMs: staleDecayMs,
    timeoutMs: leaseTtlSeconds * 1000,
    clock,
    unixMs: Date.now,
    onHandoff() {},
    onSkipped: () => {
      skipped += 1;
    },
    log: silentLog,
    metrics,
  });
  const consistencyCheck = new ConsistencyCheck({
    sharing: { kind: 'etcd', store, ledger },
    localId: id,
    reserved: reserved ?? (() => ledger.local()),
    intervalMs: checkIntervalMs,
    timeoutMs: leaseTtlSeconds * 1000,
    clock,
    onDifferences() {},
    log: silentLog,
    metrics,
  });
  const listeners = ledger.sessionListeners;
  store.start({
    ...listeners,
    records: [...listeners.records, ...(alsoTo ? [subscriptionTo('load', alsoTo)] : []), ...also],
    ...(onSynced ? { onSynced } : {}),
    onIgnored: ({ count }) => {
      skipped += count;
    },
    onState: (state) => {
      listeners.onState(state);
      onState?.(state, ledger);
    },
  });
  consistencyCheck.start();
  const stop = async (): Promise<void> => {
    await consistencyCheck.stop();
    await ledger.stop();
    await store.stop();
    const { last } = consistencyCheck.report();
    if (!mayDiffer && last.length > 0) {
      throw new Error(`the consistency check of ${id} found differences: ${JSON.stringify(last)}`);
    }
  };
  const writes = () => metrics.storeWrites.of('ok');
  return { id, store, ledger, consistencyCheck, writes, recordsSkipped: () => skipped, stop };
}
