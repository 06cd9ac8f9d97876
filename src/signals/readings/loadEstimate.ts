/**
 * An estimate of the requests that a pod has, between what it says at times and what is placed on
 * it meanwhile: a Kalman filter of one number. Pure.
 *
 * How much a reading changes the estimate depends on how well the readings of that pod have agreed
 * with what could be expected. So a pod that lies, or whose metrics are late, is not believed for
 * long, and what was placed there decides.
 */
export interface LoadEstimate {
  /** Requests, and the variance of that. */
  readonly requests: number;
  readonly variance: number;
  /** Of them, those that are computed. */
  readonly running: number;
  /** By how much the readings of this pod are wrong (variance), as far as seen. */
  readonly noise: number;
}

/** What a pod says. */
export interface SaidRequests {
  readonly running: number;
  readonly waiting: number;
}

/** Of the last difference in the noise. */
const noiseWeight = 0.2;
/** A pod that says it has more than expected is believed at least so far. */
const leastGainUp = 0.5;
const leastVariance = 0.5;

/** The first reading is believed. */
export function firstEstimate({ running, waiting }: SaidRequests): LoadEstimate {
  return { requests: running + waiting, running, variance: leastVariance, noise: 0 };
}

/** What happened to a pod in some time. */
export interface Passed {
  readonly placed: number;
  /** The time, in how long requests stay. */
  readonly stays: number;
  /** The share of its requests whose end nothing tells. */
  readonly unknownShare: number;
}

/** The estimate some time later: of those that are computed, and of those that came, some ended. */
export function laterEstimate(before: LoadEstimate, { placed, stays, unknownShare }: Passed): LoadEstimate {
  const endedShare = 1 - Math.exp(-stays);
  const ended = unknownShare * Math.min(before.requests, before.running) * endedShare;
  // They came evenly over the time.
  const endedOfPlaced = stays === 0 ? 0 : unknownShare * (1 - endedShare / stays);
  const requests = Math.max(0, before.requests - ended + placed * (1 - endedOfPlaced));
  return {
    requests,
    // Where some wait, others take the places of those that ended.
    running: before.running < before.requests ? Math.min(requests, before.running) : requests,
    variance: before.variance + ended + leastVariance / 2,
    noise: before.noise,
  };
}

/** The estimate after the pod has said what it has. */
export function correctedEstimate(expected: LoadEstimate, said: SaidRequests): LoadEstimate {
  const total = said.running + said.waiting;
  const difference = total - expected.requests;
  const noise = expected.noise + noiseWeight * (difference * difference - expected.variance - expected.noise);
  const gain = expected.variance / (expected.variance + Math.max(0, noise));
  const believed = difference > 0 ? Math.max(leastGainUp, gain) : gain;
  const requests = expected.requests + believed * difference;
  return {
    requests,
    running: total === 0 ? requests : requests * (said.running / total),
    variance: Math.max(leastVariance, (1 - believed) * expected.variance),
    noise,
  };
}
