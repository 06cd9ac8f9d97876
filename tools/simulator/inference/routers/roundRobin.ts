import type { Random } from '../../../../src/scheduling/load.ts';
import { randomIndex } from '../../../../src/scheduling/sample.ts';
import type { Router } from './router.ts';

/** Each pod in turn. */
export class RoundRobinRouter implements Router {
  readonly #pods: number;
  #next: number;

  constructor(pods: number, random: Random) {
    this.#pods = pods;
    this.#next = randomIndex(pods, random);
  }

  route(): { pod: number } {
    this.#next = (this.#next + 1) % this.#pods;
    return { pod: this.#next };
  }
}
