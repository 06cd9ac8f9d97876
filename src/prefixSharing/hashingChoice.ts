import { newestKnownToAll } from '../prefix/hashingSchemes.ts';
import type { PlacedPrompts } from '../scheduling/placedPrompts.ts';

export interface HashingChoiceOptions {
  /** The numbers of the schemes that this instance knows. */
  readonly known: readonly number[];
  /** What each instance knows, as its record says. */
  readonly ofInstances: () => Iterable<readonly number[]>;
  readonly prompts: Pick<PlacedPrompts, 'addresses' | 'prefixesOf'>;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

/**
 * An upgrade may be rolled back, or an instance of the older release may be back after a crash: for
 * as long after the last one was seen as what it placed stays known.
 */
const upgradedForMs = 600_000;
/** An idle pod keeps its cache longer, but few requests come to it. */
const longestOverlapMs = 3_600_000;

/**
 * Which hashing schemes an instance uses. It writes the newest one that all instances know: an
 * older one as soon as an instance needs it, a newer one when none has needed the older for ten
 * minutes. After such a change prompts are hashed by the schemes of before as well, and found by
 * either, until every pod has computed as many tokens as its cache holds: what is cached then was
 * placed since. The same holds for an instance that starts, which does not know what is behind the
 * keys that it reads, and where an instance writes another scheme than this one.
 */
export class HashingChoice {
  readonly #options: HashingChoiceOptions;
  #written: number;
  #alsoRead: readonly number[] = [];
  /** The first view of the other instances has been read. */
  #hasBegun = false;
  /** The oldest scheme of the records that were there at the start. */
  #found = Number.POSITIVE_INFINITY;
  /** Since when every instance knows a newer one than is written. */
  #newerSinceMs: number | undefined;
  /** The token clocks at that time of pods that may hold prompts which were hashed otherwise. */
  readonly #pods = new Map<string, number>();
  #overlapEndsMs = 0;

  constructor(options: HashingChoiceOptions) {
    this.#options = options;
    this.#written = Math.max(...options.known);
  }

  /** The one to write. */
  get written(): number {
    return this.#written;
  }

  /** Others that prompts may be known by. */
  get alsoRead(): readonly number[] {
    return this.#alsoRead;
  }

  /** A record of this scheme, which this instance knows, has come. */
  onRecord(scheme: number): void {
    if (!this.#hasBegun) this.#found = Math.min(this.#found, scheme);
    else if (scheme !== this.#written && !this.#alsoRead.includes(scheme)) this.#beginOverlap();
  }

  /** To be called now and then while the other instances are known. */
  update(): void {
    const { known, ofInstances, nowMs } = this.#options;
    if (known.length < 2) return;
    const common = newestKnownToAll(known, ofInstances());
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#write(Math.min(common, this.#found));
    } else if (common < this.#written) this.#write(common);
    if (common === this.#written) this.#newerSinceMs = undefined;
    else {
      this.#newerSinceMs ??= nowMs();
      if (nowMs() - this.#newerSinceMs >= upgradedForMs) this.#write(common);
    }
    this.#endOverlap();
  }

  #write(scheme: number): void {
    this.#written = scheme;
    this.#newerSinceMs = undefined;
    this.#beginOverlap();
  }

  #beginOverlap(): void {
    const { known, nowMs, prompts } = this.#options;
    this.#alsoRead = known.filter((other) => other !== this.#written);
    this.#overlapEndsMs = nowMs() + longestOverlapMs;
    this.#pods.clear();
    for (const address of prompts.addresses()) {
      this.#pods.set(address, prompts.prefixesOf(address)?.clockTokens ?? 0);
    }
  }

  #endOverlap(): void {
    if (this.#alsoRead.length === 0) return;
    const { nowMs, prompts } = this.#options;
    for (const [address, clockTokens] of this.#pods) {
      const prefixes = prompts.prefixesOf(address);
      const isOver = !prefixes || prefixes.clockTokens - clockTokens >= prefixes.capacityTokens;
      if (isOver) this.#pods.delete(address);
    }
    if (this.#pods.size === 0 || nowMs() >= this.#overlapEndsMs) this.#alsoRead = [];
  }
}
