import type { Assignments } from './assignments.ts';
import type { StateRequest } from './discoveryRequest.ts';
import type { DueResponse } from './discoveryResponse.ts';
import { type Reply, type Subscription, wildcard } from './subscription.ts';

/**
 * One client of the state-of-the-world protocol. Each request names all clusters that it wants;
 * each response brings all of them.
 *
 * A request confirms or refuses a response by the response's nonce. One with the nonce of an
 * earlier response is late, and gets no answer: the client repeats its names when it confirms the
 * last one. But a name that it leaves out is one that the client has given up. If it is there again
 * later, the client has to get it again. A client that asks for the same names again after it
 * confirmed gets them again as well, since it has made the cluster again.
 */
export class StateSubscription implements Subscription<StateRequest> {
  readonly #served: ReadonlySet<string>;
  #wanted: ReadonlySet<string> = new Set();
  #unknown: readonly string[] = [];
  #everNamed = false;
  /** Undefined: nothing was sent yet. A refused version is not sent again. */
  #sent: { readonly nonce: string; readonly version: string; isAnswered: boolean } | undefined;
  /** The client asked for something that it does not have. */
  #isDue = false;

  /** @param served names of the clusters that have an assignment */
  constructor(served: ReadonlySet<string>) {
    this.#served = served;
  }

  onRequest({ names, nonce, refusal }: StateRequest): Reply {
    const sent = this.#sent;
    if (nonce !== '' && nonce !== sent?.nonce) {
      this.#forgetUnnamed(names);
      return 'none';
    }
    const isAnswer = sent !== undefined && nonce !== '' && !sent.isAnswered;
    if (sent !== undefined && isAnswer) sent.isAnswered = true;
    const before = this.#wanted;
    this.#setWanted(names);
    const hasNew = [...this.#wanted].some((name) => !before.has(name));
    const isRepeated = !isAnswer && this.#wanted.size === before.size;
    if (hasNew || isRepeated) this.#isDue = true;
    if (!isAnswer) return 'none';
    return refusal === undefined ? 'accepted' : 'refused';
  }

  next({ version }: Assignments, nonce: () => string): DueResponse | undefined {
    const sent = this.#sent;
    if (this.#wanted.size === 0 || (sent !== undefined && !sent.isAnswered)) return undefined;
    if (!this.#isDue && sent?.version === version) return undefined;
    this.#isDue = false;
    this.#sent = { nonce: nonce(), version, isAnswered: false };
    return { nonce: this.#sent.nonce, clusters: [...this.#wanted], removed: [] };
  }

  takeUnknown(): readonly string[] {
    const unknown = this.#unknown;
    this.#unknown = [];
    return unknown;
  }

  #forgetUnnamed(names: ReadonlySet<string>): void {
    if (names.has(wildcard) || (names.size === 0 && !this.#everNamed)) return;
    this.#wanted = new Set([...this.#wanted].filter((name) => names.has(name)));
  }

  /** A client that never named anything wants everything. */
  #setWanted(names: ReadonlySet<string>): void {
    if (names.size > 0) this.#everNamed = true;
    const all = !this.#everNamed || names.has(wildcard);
    this.#wanted = all ? this.#served : new Set([...this.#served].filter((name) => names.has(name)));
    this.#unknown = [...names].filter((name) => name !== wildcard && !this.#served.has(name));
  }
}
