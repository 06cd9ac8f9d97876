import { performance } from 'node:perf_hooks';
import { configSchema } from '../../src/config/schema.ts';
import type { RecordListener } from '../../src/etcd/records.ts';
import { SharedStore, type SharedStoreOptions } from '../../src/etcd/sharedStore.ts';
import { Audit } from '../../src/ledger/audit.ts';
import { EtcdLedger } from '../../src/ledger/etcdLedger.ts';
import type { Phase } from '../../src/lifecycle.ts';
import { silentLog } from '../../src/telemetry/log.ts';

export interface LedgerInstance {
  readonly id: string;
  readonly store: SharedStore;
  readonly ledger: EtcdLedger;
  readonly audit: Audit;
  /** Successful writes of the counts. */
  writes(): number;
  /** Fails when the audit found a difference, unless that is what the test is about. */
  stop(): Promise<void>;
}

export interface LedgerOptions {
  readonly prefix?: string;
  /** Asked at each write of the instance's record. */
  readonly phase?: () => Phase;
  readonly leaseTtlSeconds?: number;
  readonly fadeMs?: number;
  readonly minIntervalMs?: number;
  readonly writesPerSecond?: number;
  readonly requestTimeoutMs?: number;
  /** For those who look inside. */
  readonly storeOf?: (options: SharedStoreOptions) => SharedStore;
  /** Hears of everybody's counts right after the ledger. */
  readonly alsoTo?: RecordListener;
  readonly held?: () => ReadonlyMap<string, number>;
  /**
   * The pause between two audits. 0, never, where they would be in the way: they put right what a test changes,
   * and write to see it come back.
   */
  readonly auditEveryMs?: number;
  /** The audit is to find something. */
  readonly mayDiffer?: boolean;
}

/** What an instance does by default: for benchmarks, in which audits would be a good part of what is measured. */
export const usualAuditMs = configSchema.parse({}).audit.intervalMs;

/** One instance's ledger on a real etcd, without the rest of the process. Started, not necessarily joined. */
export function startLedger(
  id: string,
  etcdUrl: string,
  {
    prefix = '/baton/v1/test/',
    phase = () => 'ready',
    leaseTtlSeconds = 2,
    fadeMs = 30_000,
    minIntervalMs = 20,
    writesPerSecond = 500,
    requestTimeoutMs = 1_000,
    storeOf = (options) => new SharedStore(options),
    alsoTo,
    held,
    auditEveryMs = 50,
    mayDiffer = false,
  }: LedgerOptions = {},
): LedgerInstance {
  let writes = 0;
  const store = storeOf({ endpoints: [etcdUrl], prefix, leaseTtlSeconds, requestTimeoutMs });
  const ledger = new EtcdLedger({
    store,
    ownId: id,
    startedUnixMs: 1,
    self: () => ({
      release: '1',
      generation: 0,
      phase: phase(),
      addresses: [],
      zone: '',
      withoutEndpoints: false,
    }),
    writeBudget: () => ({ minIntervalMs, writesPerSecond }),
    fadeMs,
    patienceMs: leaseTtlSeconds * 1000,
    nowMs: () => performance.now(),
    unixMs: Date.now,
    onBequest() {},
    log: silentLog,
    metrics: {
      recordSkipped() {},
      storeWritten: (outcome) => {
        if (outcome === 'ok') writes += 1;
      },
      syncLag() {},
    },
  });
  if (alsoTo) store.subscribe('load/', alsoTo);
  const audit = new Audit({
    sharing: { kind: 'etcd', store, ledger },
    ownId: id,
    held: held ?? (() => ledger.own()),
    intervalMs: auditEveryMs,
    patienceMs: leaseTtlSeconds * 1000,
    nowMs: () => performance.now(),
    onDifferences() {},
    log: silentLog,
    metrics: { audited() {}, auditDiffered() {} },
  });
  store.start();
  audit.start();
  const stop = async (): Promise<void> => {
    await audit.stop();
    await ledger.stop();
    await store.stop();
    const { last } = audit.report();
    if (!mayDiffer && last.length > 0) {
      throw new Error(`the audit of ${id} found differences: ${JSON.stringify(last)}`);
    }
  };
  return { id, store, ledger, audit, writes: () => writes, stop };
}
