import { EtcdSession } from '../../src/etcd/etcdSession.ts';
import type { RecordListener } from '../../src/etcd/records.ts';
import type { SessionListeners } from '../../src/etcd/sessionListeners.ts';

/** Events of one turn of the event loop, given to the ledger one by one. */
interface Batch {
  publications: number;
  events: number;
  ms: number;
}

/** The real store, with a timer around what the ledger does with the counts it receives. */
export class TimedStore extends EtcdSession {
  /** The time to apply one publication; a mean where several arrived in one turn. */
  readonly applyMs: number[] = [];
  events = 0;
  publications = 0;
  #batch: Batch | undefined;

  override start(listeners: Partial<SessionListeners>): void {
    const records = (listeners.records ?? []).map((subscription) => {
      const { prefix, listener } = subscription;
      return prefix === 'load/' ? { ...subscription, listener: this.#timed(listener) } : subscription;
    });
    super.start({ ...listeners, records });
  }

  reset(): void {
    this.applyMs.length = 0;
    this.events = 0;
    this.publications = 0;
  }

  #timed(listener: RecordListener): RecordListener {
    return {
      beginSnapshot: () => listener.beginSnapshot(),
      onPut: (key, value) => this.#time(key, () => listener.onPut(key, value)),
      onDelete: (key) => this.#time(key, () => listener.onDelete(key)),
    };
  }

  #time(key: string, apply: () => void): void {
    if (this.#batch === undefined) {
      this.#batch = { publications: 0, events: 0, ms: 0 };
      queueMicrotask(() => this.#close());
    }
    const beganMs = performance.now();
    apply();
    this.#batch.ms += performance.now() - beganMs;
    this.#batch.events += 1;
    // Every publication contains the first record.
    if (!key.includes('/')) this.#batch.publications += 1;
  }

  #close(): void {
    const { publications, events, ms } = this.#batch ?? { publications: 0, events: 0, ms: 0 };
    this.#batch = undefined;
    this.events += events;
    this.publications += publications;
    if (publications > 0) this.applyMs.push(ms / publications);
  }
}
