import type { Config } from '../config/schema.ts';
import { unusedTraits } from '../config/unusedTraits.ts';
import type { Pool } from '../pool/pool.ts';
import type { Log } from '../telemetry/log.ts';

/** Warns of traits of the pool's endpoints that no decision reads, once each. */
export class UnusedTraitsLog {
  readonly #config: Pick<Config, 'scheduling' | 'pool'>;
  readonly #log: Log;
  readonly #logged = new Set<string>();

  constructor(config: Pick<Config, 'scheduling' | 'pool'>, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  onPoolChange(pool: Pool): void {
    for (const reason of unusedTraits(this.#config, pool.all())) {
      if (this.#logged.has(reason)) continue;
      this.#logged.add(reason);
      this.#log.warn({ event: 'endpoint.traits-unused', reason }, 'traits of endpoints are not used');
    }
  }
}
