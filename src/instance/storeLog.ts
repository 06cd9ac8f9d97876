import type { EventLog } from '../admin/eventLog.ts';
import type { EtcdSessionState } from '../etcd/sessionListeners.ts';
import type { Log } from '../telemetry/log.ts';
import type { InstanceMetrics } from './instruments.ts';

/** Logs the states of the session with the store, and counts the leases. */
export class StoreLog {
  readonly #log: Log;
  readonly #metrics: Pick<InstanceMetrics, 'leaseRegrants'>;
  readonly #events: EventLog;
  #joins = 0;

  constructor(log: Log, metrics: Pick<InstanceMetrics, 'leaseRegrants'>, events: EventLog) {
    this.#log = log;
    this.#metrics = metrics;
    this.#events = events;
  }

  /** Leases granted after the first one. */
  get regrants(): number {
    return Math.max(0, this.#joins - 1);
  }

  onWrites(problem: string | undefined): void {
    if (problem === undefined) {
      this.#log.info({ event: 'store.writes-accepted' }, 'store takes writes again');
      this.#events.add('store', 'store takes writes again', { kind: 'writes-accepted' });
    } else {
      this.#log.warn({ event: 'store.writes-refused', problem }, 'store takes no writes');
      this.#events.add('store', 'store takes no writes', { kind: 'writes-refused', problem });
    }
  }

  onState(state: EtcdSessionState): void {
    const { kind, ...details } = state;
    const fields = { ...details, degraded: kind !== 'joined' };
    if (kind === 'joined') {
      this.#joins += 1;
      if (this.#joins > 1) this.#metrics.leaseRegrants.add();
    }
    this.#log[kind === 'joining' ? 'warn' : 'info']({ event: `store.${kind}`, ...fields }, `store ${kind}`);
    this.#events.add('store', `store ${kind}`, { kind, ...fields });
  }
}
