import { type EngineReading, readingLifeMs } from './engineReading.ts';

/** What is known of a pod's work at the moment of a decision. */
export interface PrefillState {
  readonly nowMs: number;
  /** What other schedulers assigned to the pod in all. */
  readonly assignedByPeers: number | undefined;
  readonly reading: EngineReading | undefined;
}

/** A prompt that the pod may not have computed, or several that became known together. */
interface Pending {
  readonly knownMs: number;
  readonly tokens: number;
  /** To compute: all of them, until it is its turn. */
  left: number;
}

/** What an engine computes in one step: it begins no prompt behind as much. */
const stepTokens = 8_192;
/** What peers assign becomes known so late, and it is of so few requests. */
const lateMs = 30;
const mostLate = 2;
/** Of more, the first are taken together. */
const mostPending = 512;
/** The weight of a prompt in the mean. */
const meanSmoothing = 1 / 16;

/**
 * The prompts that a pod has yet to compute, in the order in which they were assigned to it, which
 * is that of engines. The pod is taken to compute them at its usual speed, and its engine's number
 * of waiting requests corrects that: the last ones have not been begun, and those before them are
 * done but for about one step. So no error lasts longer than from one reading to the next.
 */
export class PrefillBacklog {
  /** How fast it is expected to compute prompts, and how fast it is relative to that. */
  readonly expectedTokensPerMs: number;
  pace = 1;
  #pending: Pending[] = [];
  /** Those before it are done, unless a reading says otherwise. */
  #first = 0;
  #tokens = 0;
  #atMs = 0;
  #assignedByPeers: number | undefined;
  #meanTokens = 0;
  #reading: EngineReading | undefined;

  constructor(expectedTokensPerMs: number) {
    this.expectedTokensPerMs = expectedTokensPerMs;
  }

  get tokensPerMs(): number {
    return this.pace * this.expectedTokensPerMs;
  }

  /** This scheduler assigns so many to the pod. */
  assign(tokens: number, nowMs: number): void {
    this.#computeUntil(nowMs);
    this.#add(tokens, nowMs);
  }

  /** Brings it up to date; to be called when more of peers' tokens become known. */
  tokens({ nowMs, assignedByPeers, reading }: PrefillState): number {
    // After a time in which it was not known, it is no news.
    const added = (assignedByPeers ?? 0) - (this.#assignedByPeers ?? assignedByPeers ?? 0);
    this.#assignedByPeers = assignedByPeers;
    this.#computeUntil(nowMs);
    if (added > 0) this.#add(added, nowMs);
    const isNew = reading !== undefined && reading.atMs !== this.#reading?.atMs;
    if (isNew && nowMs - reading.atMs <= readingLifeMs) this.#read(reading, nowMs);
    else if (this.#reading !== undefined && nowMs - this.#reading.atMs > readingLifeMs)
      this.#reading = undefined;
    if (this.#reading === undefined) this.#forgetDone();
    return this.#tokens;
  }

  #computeUntil(nowMs: number): void {
    this.#compute((nowMs - this.#atMs) * this.tokensPerMs);
    this.#atMs = nowMs;
  }

  #add(tokens: number, knownMs: number): void {
    this.#pending.push({ knownMs, tokens, left: tokens });
    this.#tokens += tokens;
    this.#meanTokens += (tokens - this.#meanTokens) * meanSmoothing;
    if (this.#pending.length <= mostPending) return;
    this.#forgetDone();
    const [one, other] = this.#pending;
    if (this.#pending.length <= mostPending || one === undefined || other === undefined) return;
    const merged = { ...other, tokens: one.tokens + other.tokens, left: one.left + other.left };
    this.#pending.splice(0, 2, merged);
  }

  #compute(tokens: number): void {
    let budget = tokens;
    for (; this.#first < this.#pending.length; this.#first += 1) {
      const pending = this.#pending[this.#first] as Pending;
      const done = Math.min(budget, pending.left);
      pending.left -= done;
      budget -= done;
      this.#tokens -= done;
      if (pending.left > 0) return;
    }
    this.#tokens = 0;
  }

  #forgetDone(): void {
    if (this.#first === 0) return;
    this.#pending.splice(0, this.#first);
    this.#first = 0;
  }

  #read(reading: EngineReading, nowMs: number): void {
    const { waiting, atMs } = reading;
    this.#reading = reading;
    if (waiting === undefined) {
      this.#forgetDone();
      return;
    }
    const later = this.#pending.filter(({ knownMs }) => knownMs > atMs + lateMs);
    const earlier = this.#pending.slice(0, this.#pending.length - later.length);
    const begun = earlier.slice(0, Math.max(0, earlier.length - waiting));
    const notBegun = earlier.slice(begun.length);
    for (const pending of [...notBegun, ...later]) pending.left = pending.tokens;
    this.#pending = [...this.#inStep(begun), ...this.#unknown(waiting - earlier.length, atMs), ...notBegun];
    this.#first = 0;
    this.#tokens = sumOfLeft(this.#pending);
    this.#atMs = atMs;
    for (const pending of later) {
      this.#computeUntil(pending.knownMs);
      this.#pending.push(pending);
      this.#tokens += pending.left;
    }
    this.#computeUntil(nowMs);
  }

  /** What is left of those that were begun: the last one, and before it at most about one step. */
  #inStep(begun: readonly Pending[]): readonly Pending[] {
    if (begun.length === 0) return [];
    let tokens = 0;
    let from = begun.length - 1;
    while (from > 0 && tokens < stepTokens) {
      from -= 1;
      tokens += (begun[from] as Pending).left;
    }
    return begun.slice(from);
  }

  /** Requests that wait there and that no one assigned, as far as is known. */
  #unknown(count: number, knownMs: number): readonly Pending[] {
    if (count <= mostLate || this.#meanTokens === 0) return [];
    const tokens = count * this.#meanTokens;
    return [{ knownMs, tokens, left: tokens }];
  }
}

function sumOfLeft(pending: readonly Pending[]): number {
  return pending.reduce((sum, { left }) => sum + left, 0);
}
