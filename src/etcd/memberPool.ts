import { ClientClosedError } from 'etcd3';
import type { CredentialOptions } from './credentials.ts';
import { failureKindOf } from './failureKind.ts';
import { hedge } from './hedge.ts';
import { type CallLimits, Member } from './member.ts';
import type { ServiceName } from './memberConnection.ts';

export interface MemberPoolOptions extends CredentialOptions {
  readonly endpoints: readonly string[];
  /** The longest that one member may take for a request. */
  readonly requestTimeoutMs: number;
}

/** One address may stand for several members, so each of as many connections may reach another. */
const connectionsToOneEndpoint = 3;

/** Requests without an effect that a second answer could change: another member is tried early. */
const hedgedMethods: ReadonlySet<string> = new Set(['range', 'leaseGrant']);
const hedgeDelayMs = 500;

/**
 * The members of one etcd cluster. A request goes to the member that answers fastest, and to the
 * next one when that fails. Any request may therefore be made twice.
 */
export class MemberPool {
  readonly #members: readonly Member[];
  /** The longest that one member may take for a request. */
  readonly requestTimeoutMs: number;
  #isClosed = false;
  /**
   * The member whose events this process follows. The lease is confirmed there first, so that a
   * silent one is noticed although a stream of events may be silent for long.
   */
  followed: Member | undefined;

  constructor({ endpoints, requestTimeoutMs, ...credentials }: MemberPoolOptions) {
    const all = endpoints.length === 1 ? Array(connectionsToOneEndpoint).fill(endpoints[0]) : endpoints;
    this.#members = shuffle(all).map((endpoint) => new Member(endpoint, credentials));
    this.requestTimeoutMs = requestTimeoutMs;
  }

  /** All members, the best first. */
  get ranked(): readonly Member[] {
    const nowMs = performance.now();
    return this.#members.toSorted((a, b) => a.cost(nowMs) - b.cost(nowMs));
  }

  /** @throws etcd3's error, when no member answers or one refuses */
  async request<T>(
    service: ServiceName,
    method: string,
    params: unknown,
    { timeoutMs = this.requestTimeoutMs, signal }: Partial<CallLimits> = {},
  ): Promise<T> {
    if (this.#isClosed) throw new ClientClosedError(service);
    const refusal = new AbortController();
    const attempts = this.ranked.map((member) => async (aborted: AbortSignal): Promise<T> => {
      try {
        return await member.unary<T>(service, method, params, { timeoutMs, signal: aborted });
      } catch (error) {
        // The others would refuse it too.
        if (!aborted.aborted && failureKindOf(error) === 'refusal') refusal.abort(error);
        throw error;
      }
    });
    const delayMs = () => (hedgedMethods.has(method) ? hedgeDelayMs : Number.POSITIVE_INFINITY);
    const ends = signal === undefined ? refusal.signal : AbortSignal.any([refusal.signal, signal]);
    return await hedge(attempts, { delayMs, signal: ends });
  }

  /** etcd3's client of one service at the best member, and what each of its calls needs. */
  async client(service: ServiceName): ReturnType<Member['client']> {
    const [member] = this.ranked;
    if (this.#isClosed || member === undefined) throw new ClientClosedError(service);
    return await member.client(service, { timeoutMs: this.requestTimeoutMs });
  }

  close(): void {
    this.#isClosed = true;
    for (const member of this.#members) member.close();
  }
}

function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
