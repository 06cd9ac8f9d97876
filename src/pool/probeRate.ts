import type { HealthRecord } from './healthVerdict.ts';

export interface ProbeRateOptions {
  /** Between two probes of one endpoint. */
  readonly intervalMs: number;
  /** Of all endpoints. */
  readonly maxPerSecond: number;
  /** How many endpoints there are. */
  readonly total: () => number;
}

/** What endpoints that do not pass their probes get of the rate at least. */
const leastShare = 1 / 4;

/**
 * The time between two probes of one endpoint, so that all keep to the rate. Those that are in use
 * keep their interval for as long as the rate allows; the others share what is left of it, so that
 * dead addresses, however many, only slow each other down.
 */
export class ProbeRate {
  readonly #options: ProbeRateOptions;
  /** Endpoints that pass their probes. */
  healthy = 0;

  constructor(options: ProbeRateOptions) {
    this.#options = options;
  }

  intervalMs({ verdict }: HealthRecord): number {
    const { intervalMs, maxPerSecond, total } = this.#options;
    const others = total() - this.healthy;
    const reserved = others === 0 ? 0 : maxPerSecond * leastShare;
    const healthyMs = Math.max(intervalMs, (this.healthy / (maxPerSecond - reserved)) * 1000);
    if (verdict === 'healthy') return healthyMs;
    const left = maxPerSecond - (this.healthy / healthyMs) * 1000;
    return Math.max(intervalMs, (others / left) * 1000);
  }
}
