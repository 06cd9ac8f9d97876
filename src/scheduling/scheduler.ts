import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import { alternatesTo } from './alternates.ts';
import { candidatesFor } from './candidates.ts';
import type { Rejection, Route } from './decision.ts';
import type { Endpoint } from './endpoint.ts';
import type { Random } from './load.ts';
import { isPolicyName, type Policy, type PolicyName } from './policy.ts';
import type { ReservableLoad, Reservation } from './reservation.ts';

/** The endpoints that may be chosen now. The pool implements it. */
export interface ReadyEndpoints {
  /** The array is replaced, never changed. */
  ready(): readonly Endpoint[];
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

    const candidates = candidatesFor(pool.ready(), request.subset);
    switch (candidates.kind) {
      case 'none-ready':
        return reject({ kind: 'no-ready-endpoint' });
      case 'none-in-subset':
        return reject({ kind: 'subset-empty' });
      case 'some': {
        const { endpoints } = candidates;
        const endpoint = policy.choose(endpoints, ledger);
        const alternates = alternatesTo(endpoint, endpoints, ledger, random);
        const reservation = ledger.reserve(endpoint.address);
        return {
          kind: 'route',
          endpoint,
          alternates,
          policy: policy.name,
          candidates: endpoints.length,
          reservation,
        };
      }
      default:
        return candidates satisfies never;
    }
  }

  /** The policy to use, or undefined when the request names one that does not exist. */
  #policyFor(name: string | undefined): Policy | undefined {
    const { policies, rules } = this.#options;
    const { policy, allowRequestPolicy, unknownPolicy } = rules();
    if (name === undefined || !allowRequestPolicy) return policies[policy];
    if (isPolicyName(name)) return policies[name];
    return unknownPolicy === 'default' ? policies[policy] : undefined;
  }
}

function reject(why: Rejection): Decision {
  return { kind: 'reject', why };
}
