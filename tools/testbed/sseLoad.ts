import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SseCounter, type SseReport } from './sseCounter.ts';
import { type SseRequestOptions, sendSseRequest } from './sseRequest.ts';

/** Streaming load over real kept-alive HTTP connections: until a count, a time or `stop()`. */
export interface SseLoadOptions extends Omit<SseRequestOptions, 'agent' | 'signal'> {
  readonly pace: LoadPace;
  /** Counts outcomes, together with those of another load. Default: a counter of its own. */
  readonly counter?: SseCounter;
  /** Number of requests to send. Default: no limit. */
  readonly requests?: number;
  /** Time after which nothing new is sent. Default: no limit. */
  readonly durationMs?: number;
}

export type LoadPace =
  /** Clients with one request at a time each: a slow response slows the load down. */
  | {
      readonly kind: 'closed';
      readonly clients: number;
      /** Time over which the clients start. Default 0. */
      readonly rampMs?: number;
    }
  /** New requests at a constant rate, whatever happens to earlier ones. */
  | { readonly kind: 'open'; readonly requestsPerSecond: number };

/** Pause of a client whose request failed, so that it does not loop. */
const pauseAfterFailureMs = 100;
const openTickMs = 10;

export class SseLoad {
  readonly #options: SseLoadOptions;
  readonly #counter: SseCounter;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: Number.POSITIVE_INFINITY });
  #sent = 0;
  #isStopping = false;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #run: Promise<SseReport> | undefined;

  constructor(options: SseLoadOptions) {
    this.#options = options;
    this.#counter = options.counter ?? new SseCounter();
  }

  /** Starts; resolves when all requests have ended. A second call joins the first. */
  start(): Promise<SseReport> {
    this.#run ??= this.#sendAll();
    return this.#run;
  }

  /** Sends nothing new; resolves when the requests in flight have ended. */
  stop(): Promise<SseReport> {
    this.#isStopping = true;
    return this.#run ?? Promise.resolve(this.report());
  }

  /** The current counts. */
  report(): SseReport {
    return this.#counter.report();
  }

  async #sendAll(): Promise<SseReport> {
    const { pace, durationMs } = this.#options;
    if (durationMs !== undefined) this.#deadlineMs = performance.now() + durationMs;
    switch (pace.kind) {
      case 'closed':
        await this.#runClients(pace.clients, pace.rampMs ?? 0);
        break;
      case 'open':
        await this.#runOpenLoop(pace.requestsPerSecond);
        break;
      default:
        pace satisfies never;
    }
    this.#agent.destroy();
    return this.report();
  }

  async #runClients(count: number, rampMs: number): Promise<void> {
    const start = async (nth: number) => {
      if (rampMs > 0) await sleep((nth * rampMs) / count);
      await this.#runClient();
    };
    await Promise.all(Array.from({ length: count }, (_, nth) => start(nth)));
  }

  async #runClient(): Promise<void> {
    while (this.#maySend()) {
      const isOk = await this.#send();
      if (!isOk) await sleep(pauseAfterFailureMs);
    }
  }

  async #runOpenLoop(requestsPerSecond: number): Promise<void> {
    const startMs = performance.now();
    const inFlight = new Set<Promise<unknown>>();
    while (this.#maySend()) {
      const due = Math.floor(((performance.now() - startMs) * requestsPerSecond) / 1000);
      while (this.#sent < due && this.#maySend()) {
        const sent = this.#send().finally(() => inFlight.delete(sent));
        inFlight.add(sent);
      }
      await sleep(openTickMs);
    }
    await Promise.all(inFlight);
  }

  #maySend(): boolean {
    const { requests = Number.POSITIVE_INFINITY } = this.#options;
    return !this.#isStopping && this.#sent < requests && performance.now() < this.#deadlineMs;
  }

  async #send(): Promise<boolean> {
    this.#sent++;
    this.#counter.requestStarted();
    const outcome = await sendSseRequest({ ...this.#options, agent: this.#agent });
    this.#counter.requestEnded(outcome);
    return outcome.kind === 'ok';
  }
}
