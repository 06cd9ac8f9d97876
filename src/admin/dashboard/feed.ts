import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { LifeEvent } from '../eventLog.ts';
import type { InstanceStateSource } from '../state.ts';
import type { TurnQueue } from '../turnQueue.ts';
import type { CountsByInstance } from './feedMessage.ts';
import { readForFeed } from './feedReading.ts';
import { changeText, fullText } from './feedText.ts';

/** Some people with some pages each. Every watcher costs what it takes to write the text. */
export const mostWatchers = 16;
const intervalMs = 1_000;
/** A watcher that has not read a message for so many intervals is not there. */
const mostIntervalsBehind = 30;

export interface FeedSources {
  readonly state: () => InstanceStateSource;
  readonly events: { list(): readonly LifeEvent[] };
  /** Made while it is iterated. */
  readonly countsByInstance: () => CountsByInstance;
  /** Whether this port has what `/operator` needs. */
  readonly hasOperator: boolean;
}

export interface FeedOptions extends FeedSources {
  /** The version of the page. */
  readonly page: () => Promise<string>;
  readonly turns: TurnQueue;
  readonly clock: Clock;
}

interface Watcher {
  readonly response: ServerResponse;
  /** It has no message yet, or missed one. */
  isBehind: boolean;
  intervalsBehind: number;
}

/**
 * Server-sent events with the state, once a second. There is one reading for all watchers, and none
 * while there is no watcher. One that does not keep up misses messages, and gets the whole state
 * next: at most one message waits for it.
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #watchers = new Set<Watcher>();
  /** The JSON of the rows of the last message. */
  #rows: ReadonlyMap<string, string> = new Map();
  #lastSequence = 0;
  #lastReadMs = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #isStopped = false;
  #cancelTimer = (): void => {};

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** @returns false, and does nothing, when there are enough watchers already */
  add(response: ServerResponse): boolean {
    if (this.#isStopped || this.#watchers.size >= mostWatchers) return false;
    const watcher: Watcher = { response, isBehind: true, intervalsBehind: 0 };
    this.#watchers.add(watcher);
    response.once('close', () => this.#remove(watcher));
    // A client that ends its side has gone; a browser closes both.
    response.socket?.once('end', () => response.destroy());
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.write('retry: 2000\n\n');
    this.#schedule();
    return true;
  }

  /** Ends every stream. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#endAll();
  }

  #endAll(): void {
    for (const { response } of this.#watchers) response.end();
    this.#watchers.clear();
    this.#rest();
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) this.#rest();
  }

  /** Holds nothing while there is no watcher. */
  #rest(): void {
    this.#cancelTimer();
    this.#rows = new Map();
  }

  #schedule(): void {
    if (this.#isReading || this.#watchers.size === 0) return;
    const { clock } = this.#options;
    this.#cancelTimer();
    const waitMs = Math.max(0, this.#lastReadMs + intervalMs - clock.nowMs());
    this.#cancelTimer = clock.after(waitMs, () => void this.#readAndSend());
  }

  async #readAndSend(): Promise<void> {
    this.#isReading = true;
    this.#lastReadMs = this.#options.clock.nowMs();
    try {
      await this.#sendReading();
    } catch {
      // The state cannot be read, as `/state` would answer with 500. Browsers connect again.
      this.#endAll();
    }
    this.#isReading = false;
    this.#schedule();
  }

  async #sendReading(): Promise<void> {
    const { clock, countsByInstance, events, hasOperator, state, turns } = this.#options;
    const hasWatchers = (): boolean => this.#watchers.size > 0;
    const page = await this.#options.page();
    const reading = await readForFeed(state(), countsByInstance(), turns, hasWatchers);
    if (reading === undefined || !hasWatchers()) return;
    const head = { page, at: new Date().toISOString(), atMs: Math.round(clock.nowMs()), hasOperator };
    const listed = events.list();
    const newEvents = listed.filter(({ sequence }) => sequence > this.#lastSequence);
    const before = this.#rows;
    this.#rows = reading.rows;
    this.#lastSequence = listed.at(-1)?.sequence ?? 0;

    const full = once(() => Buffer.from(fullText(reading, head, listed)));
    const change = once(() => Buffer.from(changeText(reading, before, head, newEvents)));
    for (const watcher of this.#watchers) this.#send(watcher, full, change);
  }

  #send(watcher: Watcher, full: () => Buffer, change: () => Buffer): void {
    const { response, isBehind } = watcher;
    if (response.writableLength > 0) {
      watcher.isBehind = true;
      watcher.intervalsBehind += 1;
      if (watcher.intervalsBehind >= mostIntervalsBehind) response.destroy();
      return;
    }
    watcher.isBehind = false;
    watcher.intervalsBehind = 0;
    response.write(isBehind ? full() : change());
  }
}

/** Made when it is first asked for, then the same for all. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
