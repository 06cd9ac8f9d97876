import type { EventLog } from '../admin/eventLog.ts';
import { isFit, type Phase } from '../phase.ts';
import type { Pool } from '../pool/pool.ts';
import type { Log } from '../telemetry/log.ts';

/**
 * Reports when a started instance has no ready endpoint, and when it has one again. In between each
 * request is answered with 503.
 */
export class EmptyPoolLog {
  readonly #log: Log;
  readonly #events: EventLog;
  #isEmpty = false;

  constructor(log: Log, events: EventLog) {
    this.#log = log;
    this.#events = events;
  }

  evaluate(phase: Phase, pool: Pool): void {
    const isEmpty = isFit(phase) && pool.ready().length === 0;
    if (isEmpty === this.#isEmpty) return;
    this.#isEmpty = isEmpty;
    const fields = { known: pool.all().length, ready: pool.ready().length };
    if (isEmpty) {
      const message = 'no endpoint is ready: requests are answered with 503';
      this.#log.warn(
        { event: 'pool.empty', ...fields },
        'no endpoint is ready: requests are answered with 503',
      );
      this.#events.add('pool', message, fields);
    } else if (isFit(phase)) {
      this.#log.info({ event: 'pool.usable', ...fields }, 'endpoints are ready again');
      this.#events.add('pool', 'endpoints are ready again', fields);
    }
  }
}
