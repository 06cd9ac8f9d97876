import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import { alternatesTo } from './alternates.ts';
import { candidatesFor, isEndpoints } from './candidates.ts';
import type { Rejection, Route } from './decision.ts';
import type { Endpoint } from './endpoint.ts';
import { hasRoom, withRoom } from './filters/room.ts';
import type { Random } from './load.ts';
import { type Policy, type PolicyName, policyNamed } from './policy.ts';
import type { ReservableLoad, Reservation } from './reservation.ts';
import { traitsOf } from './traits.ts';

/** The endpoints of the pool, which implements it. Both arrays are replaced, never changed. */
export interface ReadyEndpoints {
  /** Those that may be chosen now. */
  ready(): readonly Endpoint[];
  /** Those that are not ready as well. */
  all(): readonly Endpoint[];
}

export interface SchedulerOptions {
  readonly pool: ReadyEndpoints;
  readonly ledger: ReservableLoad;
  readonly policies: Readonly<Record<PolicyName, Policy>>;
  /** Read at each decision: dynamic configuration changes them. */
  readonly rules: () => SchedulingRules;
  readonly random: Random;
}

/** Which policy places a request. */
export interface SchedulingRules {
  /** For requests that name none. */
  readonly policy: PolicyName;
  /** May a request name its policy? */
  readonly allowRequestPolicy: boolean;
  /** What happens to a request that names an unknown policy. */
  readonly unknownPolicy: 'reject' | 'default';
}

/** An endpoint, reserved until the reservation is released; or the reason for a rejection. */
export type Decision =
  | (Route & { readonly reservation: Reservation })
  | { readonly kind: 'reject'; readonly why: Rejection };

/** Above this number of candidates their loads are not all read for each request. */
const largePool = 256;

/**
 * Schedules one request: candidates → policy → reservation → decision. It is synchronous, so
 * nothing happens between reading the loads and reserving, and no two requests act on the same
 * count.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  schedule(request: SchedulingRequest): Decision {
    const { pool, ledger, random } = this.#options;
    const policy = this.#policyFor(request.policy);
    if (policy === undefined) return reject({ kind: 'unknown-policy', given: request.policy ?? '' });

    const ready = pool.ready();
    const candidates = candidatesFor(request, ready, pool.all());
    if (!isEndpoints(candidates)) return reject(candidates);
    const endpoint = traitsOf(ready).slots
      ? this.#chooseWithRoom(policy, candidates)
      : policy.choose(candidates, ledger);
    const alternates = alternatesTo(endpoint, candidates, ledger, random);
    const reservation = ledger.reserve(endpoint.address);
    const { length: count } = candidates;
    return { kind: 'route', endpoint, alternates, policy: policy.name, candidates: count, reservation };
  }

  /** One with a free slot, if a candidate has one. In a large pool the first choice often has. */
  #chooseWithRoom(policy: Policy, candidates: readonly Endpoint[]): Endpoint {
    const { ledger } = this.#options;
    if (candidates.length > largePool) {
      const first = policy.choose(candidates, ledger);
      if (hasRoom(first, ledger)) return first;
    }
    return policy.choose(withRoom(candidates, ledger), ledger);
  }

  /** The policy to use, or undefined when the request names one that does not exist. */
  #policyFor(name: string | undefined): Policy | undefined {
    const { policies, rules } = this.#options;
    const { policy, allowRequestPolicy, unknownPolicy } = rules();
    if (name === undefined || !allowRequestPolicy) return policies[policy];
    const named = policyNamed(name);
    if (named !== undefined) return policies[named];
    return unknownPolicy === 'default' ? policies[policy] : undefined;
  }
}

function reject(why: Rejection): Decision {
  return { kind: 'reject', why };
}
