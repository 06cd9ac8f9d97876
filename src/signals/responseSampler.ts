import type { PodHealth } from './podHealth.ts';
import { PodRecord } from './podRecord.ts';
import type { ResponseWatch } from './responseWatch.ts';

export interface ResponseSamplerOptions {
  /** One of so many requests to a pod has its response headers watched; 0: none. */
  readonly sampleOneIn: number;
  /** Within [0, 1). */
  readonly random: () => number;
  /** Whether it answers requests decides, so its responses are watched. */
  readonly isDoubtful: (address: string) => boolean;
}

/** One of so many samples is followed to its end. */
const bodySampleOneIn = 8;
/** So many responses of the other pods show whether a suspected one fails alone. */
const othersToWatch = 32;

/** Decides which parts of which responses Envoy sends: as little as shows how the pods do. */
export class ResponseSampler {
  readonly #options: ResponseSamplerOptions;
  #suspected = 0;
  /** How many pods are not trusted: suspected, in quarantine or on trial. */
  #untrusted = 0;
  #othersToWatch = 0;

  constructor(options: ResponseSamplerOptions) {
    this.#options = options;
  }

  /** Its first samples are due at random, so that instances do not sample the same pods. */
  newRecord(address: string): PodRecord {
    const { random, sampleOneIn } = this.#options;
    const oneOf = (count: number) => 1 + Math.floor(random() * count);
    return new PodRecord(address, oneOf(sampleOneIn), oneOf(bodySampleOneIn));
  }

  /** To be called for each change of a pod's health. */
  onChange(from: PodHealth, to: PodHealth): void {
    if (from.kind === to.kind) return;
    if (to.kind === 'suspected') this.#othersToWatch = othersToWatch;
    this.#untrusted += Number(to.kind !== 'trusted') - Number(from.kind !== 'trusted');
    this.#suspected += Number(to.kind === 'suspected') - Number(from.kind === 'suspected');
  }

  /** The next request to the pod is followed to its end. */
  sampleNextBody(pod: PodRecord): void {
    pod.untilSample = 1;
    pod.untilBodySample = 1;
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
    pod.untilBodySample -= 1;
    if (pod.untilBodySample > 0) return 'headers';
    pod.untilBodySample = bodySampleOneIn;
    return 'body';
  }

  /** The same for a response that is likely to come from this pod, and may come from another. */
  watchForLikely(pod: PodRecord): ResponseWatch {
    return this.#untrusted > 0 && this.#options.sampleOneIn > 0 ? 'body' : this.watchFor(pod);
  }
}
