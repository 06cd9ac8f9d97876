import { type EngineReading, readingLifeMs } from './engineReading.ts';

/** What a pod is expected to do, and what was assigned to it when a reading was made. */
export interface PaceState {
  readonly reading: EngineReading;
  /** By the fleet, in all. */
  readonly assignedTokens: number;
  /** Of prompts. */
  readonly tokensPerMs: number;
  readonly cacheTokens: number;
}

/** Pods differ for long, and prompts of a minute differ in length. */
const memoryMs = 120_000;
/** With less than this, chance decides. */
const leastMs = 40_000;
/** With fewer requests at a reading, the pod may have had nothing to do in between. */
const leastRunning = 2;
/** Reading the model's weights takes as long as computing so many tokens of prompts. */
const stepTokens = 300;
/** Attending to so many tokens of the KV cache takes as long as computing one of a prompt. */
const kvTokensPerToken = 600;

/**
 * How fast a pod works: the time that its work would have taken by what all pods are expected to
 * do, to the time that passed while it had work. Its work is the prompts that were assigned to it,
 * and the steps in which it made the tokens of responses. Only the ratio to other pods says
 * something: how fast engines are in all is not known.
 */
export class PodPace {
  #expectedMs = 0;
  #passedMs = 0;
  #last: EngineReading | undefined;
  #assignedTokens = 0;

  /** Undefined: too little is known. */
  get ratio(): number | undefined {
    return this.#passedMs < leastMs ? undefined : this.#expectedMs / this.#passedMs;
  }

  /** Does nothing with a reading that it has had. */
  observe({ reading, assignedTokens, tokensPerMs, cacheTokens }: PaceState): void {
    const before = this.#last;
    if (before?.atMs === reading.atMs) return;
    const tokens = assignedTokens - this.#assignedTokens;
    this.#last = reading;
    this.#assignedTokens = assignedTokens;
    if (before === undefined || tokens < 0) return;
    const passedMs = reading.atMs - before.atMs;
    const steps = stepsBetween(before, reading);
    if (passedMs <= 0 || passedMs > readingLifeMs || steps === undefined) return;
    const tokensOfStep = stepTokens + ((reading.kvUse ?? 0) * cacheTokens) / kvTokensPerToken;
    const keep = Math.exp(-passedMs / memoryMs);
    this.#expectedMs = keep * this.#expectedMs + (tokens + steps * tokensOfStep) / tokensPerMs;
    this.#passedMs = keep * this.#passedMs + passedMs;
  }
}

/** Each step makes a token for each response. */
function stepsBetween(before: EngineReading, now: EngineReading): number | undefined {
  if (before.generatedTokens === undefined || now.generatedTokens === undefined) return undefined;
  const [ran = 0, runs = 0] = [before.running, now.running];
  const generated = now.generatedTokens - before.generatedTokens;
  if (Math.min(ran, runs) < leastRunning || generated < 0) return undefined;
  return generated / ((ran + runs) / 2);
}

/** What differs by less may be chance, and to follow chance costs more than it wins. */
const leastDifference = 1.4;
/** However much pods seem to differ. */
const slowest = 0.25;
const fastest = 2;
/** Of fewer pods there is no usual one. */
const fewestPods = 3;

/** How fast each pod is, relative to the median; 1 where that is not known. */
export function relativePaces(ratios: readonly (number | undefined)[]): number[] {
  const known = ratios.filter((ratio) => ratio !== undefined).sort((a, b) => a - b);
  const median = known.length < fewestPods ? undefined : known[known.length >> 1];
  return ratios.map((ratio) => {
    if (ratio === undefined || !median) return 1;
    const pace = ratio / median;
    if (pace < leastDifference && pace > 1 / leastDifference) return 1;
    return Math.min(fastest, Math.max(slowest, pace));
  });
}
