import { setTimeout as sleep } from 'node:timers/promises';
import type { ExtProcClient, OpenExchange } from '../testbed/extProcClient.ts';

/** What a well-behaved client met. */
export interface NeighbourReport {
  readonly served: number;
  /** Why exchanges were not, each once. */
  readonly failures: readonly string[];
  readonly failed: number;
  /** Exchanges that were open before the attack and did not last until their end. */
  readonly heldLost: number;
  readonly connectionsLost: number;
  /** From the request to the reply. */
  readonly medianMs: number;
  readonly maxMs: number;
}

/** A client that asks at a steady rate, and holds exchanges open meanwhile, as Envoy does. */
const loops = 4;
const pauseMs = 20;
const heldCount = 20;
/** Far above what is judged, so that a late reply is measured and a lost one is not waited for. */
const timeoutMs = 10_000;
const ok = 0;

export class Neighbour {
  readonly #client: ExtProcClient;
  readonly #stopping = new AbortController();
  readonly #latenciesMs: number[] = [];
  readonly #failures = new Set<string>();
  readonly #held: OpenExchange[] = [];
  #failed = 0;
  #heldLost = 0;
  #connectionsLost = 0;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(client: ExtProcClient) {
    this.#client = client;
  }

  /** Resolves once it holds its exchanges open. */
  static async start(client: ExtProcClient): Promise<Neighbour> {
    const neighbour = new Neighbour(client);
    await neighbour.#hold();
    client.watchConnection(() => {
      neighbour.#connectionsLost += 1;
    });
    neighbour.#running = Promise.all(Array.from({ length: loops }, () => neighbour.#loop()));
    return neighbour;
  }

  /** Forgets what it has measured so far. */
  reset(): void {
    this.#latenciesMs.length = 0;
  }

  async stop(): Promise<NeighbourReport> {
    this.#stopping.abort();
    await this.#running;
    for (const exchange of this.#held) exchange.end();
    const statuses = await Promise.all(this.#held.map(({ status }) => status));
    for (const status of statuses) if (status !== ok) this.#countHeld(`status ${status}`);
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    const report = {
      served: sorted.length,
      failures: [...this.#failures],
      failed: this.#failed,
      heldLost: this.#heldLost,
      connectionsLost: this.#connectionsLost,
      medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
      maxMs: sorted.at(-1) ?? Number.NaN,
    };
    this.#client.close();
    return report;
  }

  async #hold(): Promise<void> {
    const { signal } = this.#stopping;
    const open = (): Promise<OpenExchange> => this.#client.open();
    this.#held.push(...(await Promise.all(Array.from({ length: heldCount }, open))));
    for (const { status } of this.#held) {
      // One that ends OK before the neighbour ended it is lost as well.
      void status.then((code) => {
        if (code === ok && !signal.aborted) this.#countHeld('ended early');
      });
    }
  }

  #countHeld(why: string): void {
    this.#heldLost += 1;
    this.#failures.add(`held: ${why}`);
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#request();
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  async #request(): Promise<void> {
    const startedMs = performance.now();
    try {
      const exchange = await this.#client.open({ timeoutMs });
      const tookMs = performance.now() - startedMs;
      exchange.end();
      const status = await exchange.status;
      if (status !== ok) throw new Error(`status ${status}`);
      if (exchange.pod === undefined) throw new Error('no pod');
      this.#latenciesMs.push(tookMs);
    } catch (error) {
      this.#failed += 1;
      this.#failures.add((error as Error).message);
    }
  }
}
