import type { Ledger, Reservation } from '../ledger/ledger.ts';
import type { Pool } from '../pool/pool.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import { alternatesTo } from './alternates.ts';
import { candidatesFor } from './candidates.ts';
import type { Rejection, Route } from './decision.ts';
import type { Random } from './load.ts';
import { isPolicyName, type Policy, type PolicyName } from './policy.ts';

export interface SchedulerOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly policies: Readonly<Record<PolicyName, Policy>>;
  /** Asked at each decision: they may change in the life of an instance. */
  readonly rules: () => SchedulingRules;
  readonly random: Random;
}

/** By whose policy a request is placed. */
export interface SchedulingRules {
  /** The one of requests that name none. */
  readonly policy: PolicyName;
  /** May a request name its policy? */
  readonly allowRequestPolicy: boolean;
  /** What an unknown name leads to: a refusal, or the default policy. */
  readonly unknownPolicy: 'reject' | 'default';
}

/** A request's place, held until its reservation is released; or why it gets none. */
export type Decision =
  | (Route & { readonly reservation: Reservation })
  | { readonly kind: 'reject'; readonly why: Rejection };

/**
 * The story of one request: candidates → policy → reservation → decision. It is synchronous: nothing can
 * happen between reading the loads and reserving, so two requests never act on the same stale count.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  schedule(facts: SchedulingRequest): Decision {
    const { pool, ledger, random } = this.#options;
    const policy = this.#policyFor(facts.policy);
    if (policy === undefined) return reject({ kind: 'unknown-policy', given: facts.policy ?? '' });

    const candidates = candidatesFor(pool.ready(), facts.subset);
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
  #policyFor(wanted: string | undefined): Policy | undefined {
    const { policies, rules } = this.#options;
    const { policy, allowRequestPolicy, unknownPolicy } = rules();
    if (wanted === undefined || !allowRequestPolicy) return policies[policy];
    if (isPolicyName(wanted)) return policies[wanted];
    return unknownPolicy === 'default' ? policies[policy] : undefined;
  }
}

function reject(why: Rejection): Decision {
  return { kind: 'reject', why };
}
