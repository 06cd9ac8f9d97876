import type { Random } from '../../src/scheduling/load.ts';
import { exponential, normal } from './seededRandom.ts';

/** A synthetic trace of requests to a chat service. */
export interface TracedRequest {
  readonly atMs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/**
 * Arrival patterns; all have the same mean rate.
 * - poisson: independent of each other
 * - bursts: for 2 s on average at 1.5 times the mean rate, then for 8 s at 0.875 times
 * - diurnal: the rate is a sine between 0.8 and 1.2 times the mean; a day takes 3 minutes
 */
export const arrivalPatterns = ['poisson', 'bursts', 'diurnal'] as const;
export type ArrivalPattern = (typeof arrivalPatterns)[number];

/**
 * Lengths are log-normal: a small median and a long tail. Medians and spreads are near those of
 * published traces of conversations: prompts of about a thousand tokens, responses of one or two
 * hundred.
 */
const prompt = { medianTokens: 800, sigma: 1 };
const output = { medianTokens: 100, sigma: 0.9 };

/** The speed of a pod whose slowness is 1. */
const prefillTokensPerMs = 10;
const msPerOutputToken = 15;

/** Service time on a pod with slowness 1. */
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

/** Endless requests, in the order of their arrival. */
export function* trace({ perSecond, pattern, random }: TraceOptions): Generator<TracedRequest> {
  const rateFactor = rateFactors[pattern](random);
  let atMs = 0;
  for (;;) {
    // Thinning: candidates at the highest rate, each kept with the probability for its time.
    atMs += exponential(1000 / (perSecond * highestFactor), random);
    if (random() * highestFactor >= rateFactor(atMs)) continue;
    yield { atMs, promptTokens: draw(prompt, random), outputTokens: draw(output, random) };
  }
}

const highestFactor = 1.5;

/** pattern → the rate at a time, relative to the mean; times must increase */
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
