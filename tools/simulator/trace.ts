import type { Random } from '../../src/scheduling/load.ts';
import { exponential, normal } from './seededRandom.ts';

/** A synthetic trace of requests as chat services get them. */
export interface TracedRequest {
  readonly atMs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/**
 * How requests follow each other; the mean rate is the same in all.
 * - poisson: independently of each other
 * - bursts: for 2 s on average at 1.5 times the mean rate, then for 8 s at 0.875 times
 * - diurnal: the rate is a sine between 0.8 and 1.2 times the mean; a day takes 3 minutes
 */
export const arrivalPatterns = ['poisson', 'bursts', 'diurnal'] as const;
export type ArrivalPattern = (typeof arrivalPatterns)[number];

/**
 * Lengths are log-normal: a modest median and a long tail. Medians and spreads are near those of
 * published traces of conversations: prompts of about a thousand tokens, answers of a hundred or
 * two.
 */
const prompt = { medianTokens: 800, sigma: 1 };
const output = { medianTokens: 100, sigma: 0.9 };

/** The speed of a pod whose slowness is 1. */
const prefillTokensPerMs = 10;
const msPerOutputToken = 15;

/** How long a pod of slowness 1 works on a request once it has a slot. */
export function serviceMs({ promptTokens, outputTokens }: Omit<TracedRequest, 'atMs'>): number {
  return promptTokens / prefillTokensPerMs + outputTokens * msPerOutputToken;
}

/** The mean of `serviceMs`. */
export const meanServiceMs = serviceMs({ promptTokens: meanOf(prompt), outputTokens: meanOf(output) });

export interface TraceOptions {
  readonly perSecond: number;
  readonly pattern: ArrivalPattern;
  readonly random: Random;
}

/** Requests without end, in the order of their arrival. */
export function* trace({ perSecond, pattern, random }: TraceOptions): Generator<TracedRequest> {
  const rateFactor = rateFactors[pattern](random);
  let atMs = 0;
  for (;;) {
    // Thinning: candidates at the highest rate, each kept with the probability that its moment has.
    atMs += exponential(1000 / (perSecond * highestFactor), random);
    if (random() * highestFactor >= rateFactor(atMs)) continue;
    yield { atMs, promptTokens: draw(prompt, random), outputTokens: draw(output, random) };
  }
}

const highestFactor = 1.5;

/** pattern → the rate at a moment, relative to the mean; moments are asked for in order */
const rateFactors: Readonly<Record<ArrivalPattern, (random: Random) => (atMs: number) => number>> = {
  poisson: () => () => 1,
  diurnal: () => (atMs) => 1 + 0.2 * Math.sin((2 * Math.PI * atMs) / 180_000),
  bursts: (random) => {
    let bursting = false;
    let untilMs = 0;
    return (atMs) => {
      while (atMs >= untilMs) {
        bursting = !bursting;
        untilMs += exponential(bursting ? 2_000 : 8_000, random);
      }
      return bursting ? 1.5 : 0.875;
    };
  },
};

interface Lengths {
  readonly medianTokens: number;
  readonly sigma: number;
}

function draw({ medianTokens, sigma }: Lengths, random: Random): number {
  return Math.max(1, Math.round(medianTokens * Math.exp(sigma * normal(random))));
}

function meanOf({ medianTokens, sigma }: Lengths): number {
  return medianTokens * Math.exp(sigma ** 2 / 2);
}
