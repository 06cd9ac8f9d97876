import type { RecordListener, RecordSnapshot } from '../etcd/records.ts';
import { judgeId } from '../proto/records/fields.ts';
import { decodeHandoff, type Handoff } from '../proto/records/handoff.ts';
import { handoffWeight } from './handoffWeight.ts';
import { reporterOf } from './knownRecords.ts';

export interface HandoffsOptions {
  /** A monotonic clock. */
  readonly nowMs: () => number;
  /** The time of day, in ms since 1970. */
  readonly unixMs: () => number;
  /** The watch delivered a handoff; not called for a snapshot. */
  readonly onNew: (instance: string, handoff: Handoff) => void;
  readonly onUnreadable: (key: string, cause: unknown) => void;
}

interface Known extends Handoff {
  /** On the monotonic clock: when its weight was 1. */
  readonly startedAtMs: number;
}

/** The most that decayed sums are reused for. The decay takes a minute, so the error is small. */
const sumsMaxAgeMs = 50;

/**
 * The records under `handoffs/`, with decay. Each instance measures their age by its monotonic
 * clock: one that the watch delivers was written just now, whatever the time of day on the other
 * machine. Only the age of one in a snapshot is not measured here; it is computed from times of
 * day. Clocks that disagree can at worst make it count for its whole TTL again, or not at all: its
 * lease ends it anyway.
 */
export class Handoffs implements RecordListener {
  readonly #options: HandoffsOptions;
  #known = new Map<string, Known>();
  #sums: ReadonlyMap<string, number> = new Map();
  #sumsAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HandoffsOptions) {
    this.#options = options;
  }

  /** Without decay, by what follows `handoffs/`. */
  get known(): ReadonlyMap<string, Handoff> {
    return this.#known;
  }

  /** Requests of all handoffs on one address, at their weight. */
  of(address: string): number {
    return this.#known.size === 0 ? 0 : (this.sums().get(address) ?? 0);
  }

  /** Requests by address, at their weight; only addresses with any. */
  sums(): ReadonlyMap<string, number> {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#sumsAtMs < sumsMaxAgeMs) return this.#sums;
    const sums = new Map<string, number>();
    for (const { counts, ttlMs, startedAtMs } of this.#known.values()) {
      const weight = handoffWeight(nowMs - startedAtMs, ttlMs);
      if (weight === 0) continue;
      for (const [address, count] of counts) sums.set(address, (sums.get(address) ?? 0) + count * weight);
    }
    this.#sums = sums;
    this.#sumsAtMs = nowMs;
    return sums;
  }

  /** Each handoff that still counts: its requests, and what they count at their weight. */
  list(): { readonly instance: string; readonly inFlight: number; readonly counted: number }[] {
    const nowMs = this.#options.nowMs();
    return [...this.#known].flatMap(([instance, { counts, ttlMs, startedAtMs }]) => {
      const inFlight = [...counts.values()].reduce((sum, count) => sum + count, 0);
      const counted = inFlight * handoffWeight(nowMs - startedAtMs, ttlMs);
      return counted === 0 ? [] : [{ instance, inFlight, counted }];
    });
  }

  beginSnapshot(): RecordSnapshot {
    const known = new Map<string, Known>();
    return {
      put: (key, value) => {
        const handoff = this.#read(key, value);
        if (handoff !== undefined) known.set(key, this.#sinceItsStart(key, handoff));
        return value.length;
      },
      finish: () => {
        this.#known = known;
        this.#sumsAtMs = Number.NEGATIVE_INFINITY;
      },
    };
  }

  onPut(key: string, value: Uint8Array): void {
    const handoff = this.#read(key, value);
    if (handoff === undefined) return;
    this.#known.set(key, { ...handoff, startedAtMs: this.#options.nowMs() });
    this.#sumsAtMs = Number.NEGATIVE_INFINITY;
    this.#options.onNew(key, handoff);
  }

  onDelete(key: string): void {
    this.#known.delete(key);
    this.#sumsAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Of a snapshot: when it was written is known from an earlier event, or from the time of day. */
  #sinceItsStart(key: string, handoff: Handoff): Known {
    const earlier = this.#known.get(key);
    if (earlier?.handedOffUnixMs === handoff.handedOffUnixMs)
      return { ...handoff, startedAtMs: earlier.startedAtMs };
    const ageMs = this.#options.unixMs() - handoff.handedOffUnixMs;
    return {
      ...handoff,
      startedAtMs: this.#options.nowMs() - Math.min(handoff.ttlMs, Math.max(0, ageMs)),
    };
  }

  #read(key: string, value: Uint8Array): Handoff | undefined {
    try {
      judgeId('the id in the key', reporterOf(key));
      return decodeHandoff(value);
    } catch (cause) {
      this.#options.onUnreadable(key, cause);
      return undefined;
    }
  }
}
