import type { Inspection } from '../etcd/etcdSession.ts';
import type { KeyRange } from '../etcd/rangeSnapshot.ts';
import { collectSnapshot, type RecordChange } from '../etcd/records.ts';
import type { EtcdSessionState, SessionListeners } from '../etcd/sessionListeners.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { recordRules } from '../proto/records/recordRules.ts';
import type { PoolReport } from './pool.ts';

/**
 * The record of one registered pod, kept in etcd under a lease. It is compared with what is stored
 * after each change of its key, so it is back at once when something deleted it.
 *
 * Two registrars of one address overlap when a pod restarts. The one that started last owns the
 * record; the other one leaves it alone and writes its own only when there is none. A lease that
 * ends deletes only what was written under it, so neither can remove the other's record.
 */

/** The part of EtcdSession that is used; its prefix is that of all registered endpoints. */
export interface RegistrationStore {
  start(listeners: Pick<SessionListeners, 'records' | 'onSynced' | 'onWatch' | 'onState'>): void;
  inspect(): Pick<Inspection, 'leaseId' | 'read'> | undefined;
  change(changes: readonly RecordChange[]): Promise<void>;
  stop(): Promise<void>;
}

export interface RegisteredRecordOptions {
  readonly store: RegistrationStore;
  readonly address: string;
  readonly encode: () => Uint8Array;
  readonly log: PoolReport['log'];
  /** The pause after a read or write that failed (1000). */
  readonly retryMs?: number;
}

export class RegisteredRecord {
  readonly #options: RegisteredRecordOptions;
  /** For log lines. */
  readonly #name: string;
  /** Leases that this process has held: a record under one of them is its own. */
  readonly #leases = new Set<string>();
  #wasWritten = false;
  #lastProblem: string | undefined;
  #comparing: Promise<void> | undefined;
  #isOutdated = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: RegisteredRecordOptions) {
    this.#options = options;
    this.#name = recordKeys.endpoints + options.address;
  }

  start(): void {
    const compare = (): void => this.#compareSoon();
    const listener = { beginSnapshot: () => collectSnapshot(() => {}), onPut: compare, onDelete: compare };
    this.#options.store.start({
      // This key alone: a registrar may have no right to read any other.
      records: [{ ...this.#range, rules: recordRules.endpoints, listener }],
      onSynced: compare,
      onWatch: compare,
      onState: (state) => this.#onState(state),
    });
  }

  get #range(): KeyRange {
    return { prefix: this.#options.address, isOneKey: true };
  }

  /** Removes the record, if it is this process's. Never rejects. */
  async stop(): Promise<void> {
    clearTimeout(this.#retry);
    await this.#options.store.stop();
    await this.#comparing;
    clearTimeout(this.#retry);
  }

  #onState(state: EtcdSessionState): void {
    const { log } = this.#options;
    switch (state.kind) {
      case 'joined':
        this.#compareSoon();
        break;
      case 'joining':
        if (state.problem !== undefined) this.#reportProblem(state.problem);
        break;
      case 'stopped':
        log.info({ event: 'registration.removed', key: this.#name }, 'registration removed');
        break;
      default:
        state satisfies never;
    }
  }

  /** One comparison at a time; what changes meanwhile is compared after it. */
  #compareSoon(): void {
    this.#isOutdated = true;
    this.#comparing ??= this.#compareUntilCurrent().finally(() => {
      this.#comparing = undefined;
    });
  }

  async #compareUntilCurrent(): Promise<void> {
    while (this.#isOutdated) {
      this.#isOutdated = false;
      try {
        await this.#compare();
      } catch (cause) {
        this.#reportProblem((cause as Error).message);
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.#compareSoon(), this.#options.retryMs ?? 1000);
      }
    }
  }

  async #compare(): Promise<void> {
    const { store, address, encode, log } = this.#options;
    // Without a membership the next join compares.
    const inspection = store.inspect();
    if (inspection === undefined) return;
    const { records } = await inspection.read({ ranges: [this.#range] });
    const stored = records.get(address);
    if (stored?.leaseId === inspection.leaseId) return;
    const isForeign = stored !== undefined && !this.#leases.has(stored.leaseId);
    if (isForeign && this.#wasWritten) {
      log.warn(
        { event: 'registration.taken-over', key: this.#name },
        'another registrar of this address has written the record; it is left alone',
      );
      return;
    }
    this.#leases.add(inspection.leaseId);
    await store.change([{ kind: 'put', key: address, value: encode() }]);
    this.#wasWritten = true;
    this.#lastProblem = undefined;
    log.info({ event: 'registration.written', key: this.#name }, 'endpoint registered');
  }

  #reportProblem(reason: string): void {
    if (reason === this.#lastProblem) return;
    this.#lastProblem = reason;
    this.#options.log.warn(
      { event: 'registration.failed', key: this.#name, reason },
      'not registered; retrying',
    );
  }
}
