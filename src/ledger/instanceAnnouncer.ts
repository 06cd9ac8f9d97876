import type { Clock } from '../clock.ts';
import type { EtcdSession } from '../etcd/etcdSession.ts';
import type { LeasedRecord } from '../etcd/records.ts';
import { encodeInstance, type InstanceRecord } from '../proto/records/instanceRecord.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { Publisher } from './publisher.ts';

export interface InstanceAnnouncerOptions {
  readonly store: Pick<EtcdSession, 'change'>;
  readonly localId: string;
  readonly startedUnixMs: number;
  /** This instance as it is now; called at each write of its record. */
  readonly self: () => Omit<InstanceRecord, 'id' | 'startedUnixMs' | 'sequence'>;
  /** The wait before a failed write is tried again. */
  readonly retryMs: number;
  readonly clock: Clock;
}

/**
 * Publishes this instance's record. Each announcement has a sequence number in the record, so that
 * its writer recognises in the watch which announcement the other instances have.
 */
export class InstanceAnnouncer {
  readonly #options: InstanceAnnouncerOptions;
  /** At most one write at a time, so that the last write is the newest record. */
  readonly #publisher: Publisher;
  #sequence = 0;

  constructor(options: InstanceAnnouncerOptions) {
    this.#options = options;
    const { store, retryMs, clock } = options;
    const { key, encode } = this.record;
    this.#publisher = new Publisher({
      write: () => store.change([{ kind: 'put', key, value: encode() }]),
      minIntervalMs: () => 0,
      retryMs,
      clock,
    });
  }

  get record(): LeasedRecord {
    const { self, localId, startedUnixMs } = this.#options;
    return {
      key: recordKeys.instances + localId,
      encode: () => encodeInstance({ ...self(), id: localId, startedUnixMs, sequence: this.#sequence }),
    };
  }

  /** The record changed; returns the sequence number of its next version. */
  announce(): number {
    this.#sequence += 1;
    this.#publisher.changed();
    return this.#sequence;
  }

  /**
   * Writes the record once more, unchanged: joining wrote it, and what changed meanwhile is not in
   * it; or another process has removed it.
   */
  announceAgain(): void {
    this.#publisher.changed();
  }

  /** @param known the last record of this instance's id; it may be of an earlier process */
  acknowledged(known: InstanceRecord | undefined): number {
    return known?.startedUnixMs === this.#options.startedUnixMs ? known.sequence : 0;
  }

  stop(): Promise<void> {
    return this.#publisher.stop();
  }
}
