import type { PodHealth } from './podHealth.ts';
import type { PodRecord } from './podRecord.ts';
import type { ResponseWatch } from './responseWatch.ts';

export interface ResponseSamplerOptions {
  /** One of so many requests to a pod has its response headers watched; 0: none. */
  readonly sampleOneIn: number;
  /** Within [0, 1). */
  readonly random: () => number;
  /** Whether it answers requests decides, so its responses are watched. */
  readonly isDoubtful: (address: string) => boolean;
}

/** So many responses of the other pods show whether a suspected one fails alone. */
const othersToWatch = 32;

/** Decides which parts of which responses Envoy sends: as little as shows how the pods do. */
export class ResponseSampler {
  readonly #options: ResponseSamplerOptions;
  #suspected = 0;
  #othersToWatch = 0;

  constructor(options: ResponseSamplerOptions) {
    this.#options = options;
  }

  /** After how many requests the first sample of a pod is due: not the same for all. */
  firstSample(): number {
    return 1 + Math.floor(this.#options.random() * this.#options.sampleOneIn);
  }

  /** To be called for each change of a pod's health. */
  onChange(from: PodHealth, to: PodHealth): void {
    if (from.kind === to.kind) return;
    if (to.kind === 'suspected') this.#othersToWatch = othersToWatch;
    this.#suspected += Number(to.kind === 'suspected') - Number(from.kind === 'suspected');
  }

  watchFor(pod: PodRecord): ResponseWatch {
    const { sampleOneIn, isDoubtful } = this.#options;
    if (sampleOneIn === 0) return 'none';
    if (pod.health.kind !== 'trusted') return 'body';
    if (this.#suspected > 0 && this.#othersToWatch > 0) {
      this.#othersToWatch -= 1;
      return 'headers';
    }
    if (isDoubtful(pod.address)) return 'headers';
    pod.untilSample -= 1;
    if (pod.untilSample > 0) return 'none';
    pod.untilSample = sampleOneIn;
    return 'headers';
  }
}
