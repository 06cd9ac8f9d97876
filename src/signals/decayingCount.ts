const halfLifeMs = 5_000;

/** Counts recent events: each loses half of its weight in five seconds. */
export class DecayingCount {
  #value = 0;
  #atMs = 0;

  add(nowMs: number): void {
    this.#value = this.at(nowMs) + 1;
    this.#atMs = nowMs;
  }

  /** Takes one back. */
  remove(nowMs: number): void {
    this.#value = Math.max(0, this.at(nowMs) - 1);
    this.#atMs = nowMs;
  }

  at(nowMs: number): number {
    return this.#value === 0 ? 0 : this.#value * 2 ** ((this.#atMs - nowMs) / halfLifeMs);
  }

  clear(): void {
    this.#value = 0;
  }
}
