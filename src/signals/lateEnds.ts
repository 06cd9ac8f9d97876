import { isBeyondChance } from './chance.ts';
import type { PodRecord } from './podRecord.ts';

/** How many responses the share of incomplete ones covers. */
const span = 64;
/** Three in a row are a sign at the earliest. */
const leastShare = 0.04;

/**
 * Responses that are followed to their end, and which of them end incomplete. Envoy closes the
 * stream alike when the pod cuts a response and when the client leaves, and clients do leave. So
 * only more in a row than chance explains count against the pod.
 */
export class LateEnds {
  #incomplete = 0;

  /** @returns whether the pod's last responses are a sign */
  record(pod: PodRecord, isComplete: boolean): boolean {
    this.#incomplete += ((isComplete ? 0 : 1) - this.#incomplete) / span;
    pod.incompleteInRow = isComplete ? 0 : pod.incompleteInRow + 1;
    return isBeyondChance(pod.incompleteInRow, this.#incomplete, leastShare);
  }
}
