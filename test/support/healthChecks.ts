import { setTimeout as sleep } from 'node:timers/promises';
import { checkHealth } from '../../src/proto/healthClient.ts';

/** Checks the health of these addresses as Envoy does, until it is stopped. */
export class HealthChecks {
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(instances: readonly { readonly address: string }[]) {
    this.#running = Promise.all(instances.map(({ address }) => this.#check(address)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #check(address: string): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await checkHealth({ address, service: '', timeoutMs: 1_000 });
      // An abort only ends the wait.
      await sleep(250, undefined, { signal }).catch(() => {});
    }
  }
}
