import type { Assignments } from './assignments.ts';
import type { DeltaRequest } from './discoveryRequest.ts';
import type { DueResponse } from './discoveryResponse.ts';
import { type Reply, type Subscription, wildcard } from './subscription.ts';

/** Names that do not exist, of one response; further ones get no answer. */
const mostRemoved = 100;

/**
 * One client of the incremental protocol. Requests add and remove names, whatever response they
 * answer; a response brings only what the client does not have in this version. A name that is
 * asked for and not served is answered as removed, so that the client does not wait for it.
 */
export class DeltaSubscription implements Subscription<DeltaRequest> {
  readonly #served: ReadonlySet<string>;
  /** The version that the client has of each name that it wants; '': none. */
  readonly #has = new Map<string, string>();
  /** Not served, and not answered yet. */
  readonly #missing = new Set<string>();
  #unknown: readonly string[] = [];
  #isFirst = true;
  #sent: { readonly nonce: string; isAnswered: boolean } | undefined;

  /** @param served names of the clusters that have an assignment */
  constructor(served: ReadonlySet<string>) {
    this.#served = served;
  }

  onRequest(request: DeltaRequest): Reply {
    const { initialVersions, nonce, refusal, subscribe, unsubscribe } = request;
    const isWildcard = subscribe.has(wildcard) || (this.#isFirst && subscribe.size === 0);
    this.#isFirst = false;
    for (const name of isWildcard ? this.#served : []) this.#has.set(name, '');
    for (const name of unsubscribe) this.#has.delete(name);
    for (const name of subscribe) if (this.#served.has(name)) this.#has.set(name, '');
    for (const [name, version] of initialVersions) if (this.#has.has(name)) this.#has.set(name, version);
    this.#unknown = [...subscribe].filter((name) => name !== wildcard && !this.#served.has(name));
    for (const name of this.#unknown) if (this.#missing.size < mostRemoved) this.#missing.add(name);
    const sent = this.#sent;
    if (sent === undefined || sent.isAnswered || nonce !== sent.nonce) return 'none';
    sent.isAnswered = true;
    return refusal === undefined ? 'accepted' : 'refused';
  }

  next(current: Assignments, nonce: () => string): DueResponse | undefined {
    if (this.#sent !== undefined && !this.#sent.isAnswered) return undefined;
    const clusters = [...this.#has]
      .filter(([name, has]) => has !== current.of(name).version)
      .map(([name]) => name);
    if (clusters.length === 0 && this.#missing.size === 0) return undefined;
    const removed = [...this.#missing];
    this.#missing.clear();
    // A version that the client refuses counts as well: it is not sent again.
    for (const name of clusters) this.#has.set(name, current.of(name).version);
    this.#sent = { nonce: nonce(), isAnswered: false };
    return { nonce: this.#sent.nonce, clusters, removed };
  }

  takeUnknown(): readonly string[] {
    const unknown = this.#unknown;
    this.#unknown = [];
    return unknown;
  }
}
