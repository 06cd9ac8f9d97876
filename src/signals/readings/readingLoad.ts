import type { ReservableLoad, Reservation } from '../../scheduling/reservation.ts';
import { correctedEstimate, firstEstimate, type LoadEstimate, laterEstimate } from './loadEstimate.ts';
import { freshMs, type KnownReading, type PodReadings } from './podReadings.ts';
import { isPlausible, laterHistory, type SaidHistory, startOfHistory } from './saidHistory.ts';
import { usualRatio } from './usualRatio.ts';

/** Requests that this instance counts for an assumed time, since nothing tells when they end. */
export interface AssumedRequests {
  readonly count: number;
  of(address: string): number;
  /** How many of a pod have ended by that time, ever. */
  ended(address: string): number;
  /** How long each counts. */
  readonly holdMs: number;
}

export interface ReadingLoadOptions {
  readonly load: ReservableLoad;
  readonly readings: PodReadings;
  readonly assumed: AssumedRequests;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

/**
 * How the requests in flight on a pod are known: exact; assumed, by the time for which each counts;
 * or by what the pod said last and what was placed since.
 */
export type CountedBy = 'exact' | 'assumed' | 'reading';

/** An estimate, and what was counted on the pod at that moment. */
interface Base {
  readonly atMs: number;
  readonly estimate: LoadEstimate;
  readonly counted: number;
  readonly local: number;
  /** Of this instance's assumed requests, those that had ended. */
  readonly ended: number;
  /** What the pod has said. */
  readonly said: SaidHistory;
}

/** The stay is of all pods, so it is not determined again for each decision. */
const stayMs = 250;
/** Without a reading for so long, an estimate goes on by itself. */
const coastMs = 1_000;

/**
 * The load as decisions see it, where the ends of some requests are not known: what a pod said of
 * itself, and what was placed since, by all instances. Where all counts are exact it changes
 * nothing.
 *
 * How long requests stay is what pods have for each request that is counted. A pod that says
 * nothing any more, or is not believed, has what was placed on it for as long as requests stay
 * elsewhere. Where no pod says anything, the counts are the load.
 */
export class ReadingLoad implements ReservableLoad {
  readonly #load: ReservableLoad;
  readonly #assumed: AssumedRequests;
  readonly #nowMs: () => number;
  readonly #bases = new Map<string, Base>();
  /** How long requests are computed; undefined: no pod says anything. */
  #stayMs: number | undefined;
  #stayUntilMs = Number.NEGATIVE_INFINITY;

  constructor({ load, readings, assumed, nowMs }: ReadingLoadOptions) {
    this.#load = load;
    this.#assumed = assumed;
    this.#nowMs = nowMs;
    readings.onReading((address, known) => this.#onReading(address, known));
  }

  reserve(address: string): Reservation {
    return this.#load.reserve(address);
  }

  inFlight(address: string): number {
    const counted = this.#load.inFlight(address);
    // Nearly always: the shipped Envoy files leave no response.
    if (this.#assumed.count === 0) return counted;
    const now = this.#nowMs();
    const stay = this.#stayAt(now);
    if (stay === undefined) return counted;
    const base = this.#baseOf(address, now, stay);
    return this.#estimateAt(address, base, now, stay).requests;
  }

  /** All that is known for certain: what peers placed since the estimate is not. */
  localInFlight(address: string): number {
    if (this.#assumed.count === 0) return this.#load.localInFlight(address);
    const now = this.#nowMs();
    const stay = this.#stayAt(now);
    if (stay === undefined) return this.#load.localInFlight(address);
    const base = this.#baseOf(address, now, stay);
    const { requests } = this.#estimateAt(address, base, now, stay);
    return Math.max(0, requests - Math.max(0, this.#peersSince(address, base, now)));
  }

  unacknowledgedPicks(): number {
    return this.#load.unacknowledgedPicks();
  }

  assignedTokens(address: string): number | undefined {
    return this.#load.assignedTokens(address);
  }

  countedBy(address: string): CountedBy {
    if (this.#assumed.count === 0) return 'exact';
    const now = this.#nowMs();
    const stay = this.#stayAt(now);
    const said = this.#bases.get(address)?.said;
    const isFresh = said !== undefined && now - said.atMs <= freshMs;
    return isFresh && stay !== undefined && isPlausible(said, stay / this.#assumed.holdMs)
      ? 'reading'
      : 'assumed';
  }

  /** Forgets the pods that are in the pool no more. */
  keep(addresses: ReadonlySet<string>): void {
    for (const address of this.#bases.keys()) if (!addresses.has(address)) this.#bases.delete(address);
  }

  #onReading(address: string, { reading, atMs }: KnownReading): void {
    const { running, waiting = 0 } = reading;
    if (running === undefined) return;
    const said = { running, waiting };
    const now = this.#nowMs();
    const stay = this.#assumed.count === 0 ? undefined : this.#stayAt(now);
    const before = this.#bases.get(address);
    const history = laterHistory(before?.said ?? startOfHistory, atMs, running, this.#load.inFlight(address));
    let estimate = firstEstimate(said);
    if (before !== undefined && stay !== undefined) {
      const expected = this.#estimateAt(address, before, now, stay);
      const isBelieved = isPlausible(history, stay / this.#assumed.holdMs);
      estimate = isBelieved ? correctedEstimate(expected, said) : expected;
    }
    this.#bases.set(address, { ...this.#countsOf(address, now, estimate), said: history });
    // The first one says how long requests stay.
    if (this.#stayMs === undefined) this.#stayUntilMs = Number.NEGATIVE_INFINITY;
  }

  #countsOf(address: string, atMs: number, estimate: LoadEstimate): Omit<Base, 'said'> {
    return {
      atMs,
      estimate,
      counted: this.#load.inFlight(address),
      local: this.#load.localInFlight(address),
      ended: this.#assumed.ended(address),
    };
  }

  /** A pod that has said nothing yet has what is counted there, in the scale of the others. */
  #baseOf(address: string, now: number, stay: number): Base {
    const known = this.#bases.get(address);
    if (known !== undefined && now - known.atMs <= coastMs) return known;
    let base: Base;
    if (known === undefined) {
      const requests = (this.#load.inFlight(address) * stay) / this.#assumed.holdMs;
      const estimate = { requests, running: requests, variance: requests, noise: 0 };
      base = { ...this.#countsOf(address, now, estimate), said: startOfHistory };
    } else {
      const estimate = this.#estimateAt(address, known, now, stay);
      base = { ...this.#countsOf(address, now, estimate), said: known.said };
    }
    this.#bases.set(address, base);
    return base;
  }

  #estimateAt(address: string, base: Base, now: number, stay: number): LoadEstimate {
    const placed = this.#localSince(address, base) + this.#peersSince(address, base, now);
    const stays = (now - base.atMs) / stay;
    return laterEstimate(base.estimate, { placed, stays, unknownShare: this.#assumedShare(address) });
  }

  /** What this instance placed since, less what ended; those that ended by time alone did not. */
  #localSince(address: string, base: Base): number {
    return this.#load.localInFlight(address) - base.local + this.#assumed.ended(address) - base.ended;
  }

  /** The same of the others. Which of theirs ended by time is not known, only how many do. */
  #peersSince(address: string, base: Base, now: number): number {
    const peers = this.#load.inFlight(address) - this.#load.localInFlight(address);
    const before = base.counted - base.local;
    const endedShare = this.#assumed.holdMs === 0 ? 0 : Math.min(1, (now - base.atMs) / this.#assumed.holdMs);
    return peers - before + before * endedShare * this.#assumedShare(address);
  }

  /** Those of the others are taken to be as those of this instance. */
  #assumedShare(address: string): number {
    const local = this.#load.localInFlight(address);
    return local === 0 ? 1 : Math.min(1, this.#assumed.of(address) / local);
  }

  #stayAt(now: number): number | undefined {
    if (now < this.#stayUntilMs) return this.#stayMs;
    this.#stayUntilMs = now + stayMs;
    const ratio = usualRatio(this.#freshlySaid(now));
    this.#stayMs = ratio === undefined ? undefined : Math.max(1, ratio * this.#assumed.holdMs);
    return this.#stayMs;
  }

  *#freshlySaid(now: number): Iterable<Base['said']> {
    for (const { said } of this.#bases.values()) if (now - said.atMs <= freshMs) yield said;
  }
}
