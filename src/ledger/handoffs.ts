import type { RecordListener } from '../etcd/records.ts';
import { decodeHandoff, type Handoff } from '../proto/records/handoff.ts';
import { handoffWeight } from './handoffWeight.ts';

export interface HandoffsOptions {
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  /** The time of day, in ms since 1970. */
  readonly unixMs: () => number;
  /** A handoff that was not known before came while the store was followed. */
  readonly onNew: (instance: string, handoff: Handoff) => void;
  readonly onUnreadable: (key: string, cause: unknown) => void;
}

interface Known extends Handoff {
  /** On the clock that never jumps: when it was full. */
  readonly fullAtMs: number;
}

/** How old the faded sums may be: fading takes a minute, so nobody sees a difference. */
const sumsKeepMs = 50;

/**
 * The records under `handoffs/`, fading. How old one is, each instance tells by its own clock: one that the
 * watch brings was written just now, whatever time of day the giver's machine believes it is. Only one that is
 * found at joining has an age nobody here has measured; the giver's time of day tells it, and clocks that
 * disagree can at worst make it count for its whole time once more, or for nothing: its lease ends it anyway.
 */
export class Handoffs implements RecordListener {
  readonly #options: HandoffsOptions;
  #known = new Map<string, Known>();
  #sums: ReadonlyMap<string, number> = new Map();
  #sumsAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HandoffsOptions) {
    this.#options = options;
  }

  /** Unfaded, by giver. */
  get known(): ReadonlyMap<string, Handoff> {
    return this.#known;
  }

  /** Faded requests of all handoffs on one address. */
  of(address: string): number {
    return this.#known.size === 0 ? 0 : (this.sums().get(address) ?? 0);
  }

  /** Faded requests by address; only addresses with any. */
  sums(): ReadonlyMap<string, number> {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#sumsAtMs < sumsKeepMs) return this.#sums;
    const sums = new Map<string, number>();
    for (const { counts, ttlMs, fullAtMs } of this.#known.values()) {
      const weight = handoffWeight(nowMs - fullAtMs, ttlMs);
      if (weight === 0) continue;
      for (const [address, count] of counts) sums.set(address, (sums.get(address) ?? 0) + count * weight);
    }
    this.#sums = sums;
    this.#sumsAtMs = nowMs;
    return sums;
  }

  /** Each handoff that still counts: who left it, what was left, and how much of it is taken into account. */
  list(): { readonly instance: string; readonly inFlight: number; readonly counted: number }[] {
    const nowMs = this.#options.nowMs();
    return [...this.#known].flatMap(([instance, { counts, ttlMs, fullAtMs }]) => {
      const inFlight = [...counts.values()].reduce((sum, count) => sum + count, 0);
      const counted = inFlight * handoffWeight(nowMs - fullAtMs, ttlMs);
      return counted === 0 ? [] : [{ instance, inFlight, counted }];
    });
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    const before = this.#known;
    this.#known = new Map();
    this.#sumsAtMs = Number.NEGATIVE_INFINITY;
    for (const [key, value] of records) {
      const handoff = this.#read(key, value);
      if (handoff === undefined) continue;
      const earlier = before.get(key);
      const isSame = earlier?.handedOffUnixMs === handoff.handedOffUnixMs;
      const ageMs = this.#options.unixMs() - handoff.handedOffUnixMs;
      const fullAtMs = this.#options.nowMs() - Math.min(handoff.ttlMs, Math.max(0, ageMs));
      this.#known.set(key, { ...handoff, fullAtMs: isSame ? earlier.fullAtMs : fullAtMs });
    }
  }

  onPut(key: string, value: Uint8Array): void {
    const handoff = this.#read(key, value);
    if (handoff === undefined) return;
    this.#known.set(key, { ...handoff, fullAtMs: this.#options.nowMs() });
    this.#sumsAtMs = Number.NEGATIVE_INFINITY;
    this.#options.onNew(key, handoff);
  }

  onDelete(key: string): void {
    this.#known.delete(key);
    this.#sumsAtMs = Number.NEGATIVE_INFINITY;
  }

  #read(key: string, value: Uint8Array): Handoff | undefined {
    try {
      return decodeHandoff(value);
    } catch (cause) {
      this.#options.onUnreadable(key, cause);
      return undefined;
    }
  }
}
