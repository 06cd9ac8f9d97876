import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import { alternatesTo } from './alternates.ts';
import type { Assessor } from './assessor.ts';
import { CandidateFinder } from './candidateFinder.ts';
import type { Rejection, Route } from './decision.ts';
import type { Endpoint } from './endpoint.ts';
import { costsOf, type Trail } from './explanation.ts';
import { type Filter, type FilterContext, isEndpoints } from './filter.ts';
import { filters as filtersOfBaton } from './filters/index.ts';
import { noQuarantine } from './filters/quarantine.ts';
import type { Random } from './load.ts';
import type { Policy } from './policy.ts';
import type { PolicySet } from './policySet.ts';
import type { ReservableLoad, Reservation } from './reservation.ts';

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
  readonly policies: Pick<PolicySet, 'named' | 'names'>;
  /** Default: those of Baton. */
  readonly filters?: readonly Filter[];
  /** Model names that stand for others. Default: there are none. */
  readonly aliases?: readonly string[];
  /** Default: no endpoint is in quarantine. */
  readonly quarantine?: Pick<FilterContext, 'quarantined' | 'maxQuarantinedShare'>;
  /** Where the rules name a policy that does not exist here. Default: there is none. */
  readonly fallbackPolicy?: string;
  /** Read at each decision: dynamic configuration replaces them. */
  readonly rules: () => SchedulingRules;
  readonly random: Random;
  /** Assesses each pick; undefined: none is traced. */
  readonly assessor?: Assessor | undefined;
}

/** Which policy places a request. */
export interface SchedulingRules {
  /** For requests that name none. */
  readonly policy: string;
  /** May a request name its policy? */
  readonly allowRequestPolicy: boolean;
  /** What happens to a request that names an unknown policy. */
  readonly unknownPolicy: 'reject' | 'default';
}

/** An endpoint, reserved until the reservation is released; or the reason for a rejection. */
export type Decision = (Route & Reserved) | Reject;

interface Reserved {
  readonly reservation: Reservation;
  /** For the client, where it asked for one and may. */
  readonly explanation?: string;
}

/** A decision that is not reserved yet. */
export type Unreserved = Route | Reject;

interface Reject {
  readonly kind: 'reject';
  readonly why: Rejection;
}

/** What becomes of a choice. */
type Hold<Held> = (
  policy: Policy,
  endpoint: Endpoint,
  candidates: readonly Endpoint[],
  request: SchedulingRequest,
) => Held;

/** Above this number of candidates their loads are not all read for each request. */
const largePool = 256;

/**
 * Schedules one request: filters → policy → reservation → decision. It is synchronous, so nothing
 * happens between reading the loads and reserving, and no two requests act on the same count.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #candidates: CandidateFinder;
  #rules: SchedulingRules | undefined;
  /** The policy of these rules. */
  #default: Policy | undefined;
  readonly #take: Hold<Reservation>;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const take: Hold<Reservation> = (policy, endpoint, candidates, request) => {
      policy.onPicked?.(endpoint, candidates, request);
      return options.ledger.reserve(endpoint.address);
    };
    const { assessor } = options;
    this.#take =
      assessor === undefined
        ? take
        : (policy, endpoint, candidates, request) => {
            assessor.assess(policy, endpoint, candidates, options.ledger, request);
            return take(policy, endpoint, candidates, request);
          };
    const { pool, ledger, filters = filtersOfBaton, aliases = [], quarantine = noQuarantine } = options;
    this.#candidates = new CandidateFinder(filters, {
      ready: () => pool.ready(),
      all: () => pool.all(),
      aliases,
      load: ledger,
      quarantined: () => quarantine.quarantined(),
      maxQuarantinedShare: quarantine.maxQuarantinedShare,
    });
  }

  schedule(request: SchedulingRequest): Decision {
    return this.#decide(request, this.#take);
  }

  /** Decides and reserves nothing. */
  preview(request: SchedulingRequest): Unreserved {
    return this.#decide(request, takeNothing);
  }

  /** Makes a choice the decision. Its policy does not learn of it. */
  reserve({ endpoint }: Route): Reservation {
    return this.#options.ledger.reserve(endpoint.address);
  }

  #decide<Held>(
    request: SchedulingRequest,
    hold: Hold<Held>,
  ): (Route & { readonly reservation: Held }) | Reject {
    const { ledger, random } = this.#options;
    const policy = this.policyFor(request.policy);
    if (policy === undefined) return reject(this.#unknownPolicy(request.policy ?? ''));

    const candidates = this.#candidates.find(request);
    if (!isEndpoints(candidates)) return reject(candidates);
    const endpoint = this.#choose(policy, candidates, request);
    const alternates =
      policy.alternates?.(endpoint, candidates, ledger, request) ??
      alternatesTo(endpoint, candidates, ledger, random);
    const reservation = hold(policy, endpoint, candidates, request);
    const { length: count } = candidates;
    return { kind: 'route', endpoint, alternates, policy: policy.name, candidates: count, reservation };
  }

  /** The policy to use, or undefined when the request names one that does not exist. */
  policyFor(name: string | undefined): Policy | undefined {
    const named = this.#named(name);
    return named?.current === undefined ? named : named.current();
  }

  #named(name: string | undefined): Policy | undefined {
    const rules = this.#options.rules();
    if (rules !== this.#rules) {
      this.#rules = rules;
      const { policies, fallbackPolicy = rules.policy } = this.#options;
      this.#default = policies.named(rules.policy) ?? policies.named(fallbackPolicy);
    }
    if (name === undefined || !rules.allowRequestPolicy) return this.#default;
    const policy = this.#options.policies.named(name);
    return policy ?? (rules.unknownPolicy === 'default' ? this.#default : undefined);
  }

  /** What leads to the decision about this request. To be called before the decision. */
  trail(request: SchedulingRequest): Trail {
    const { ledger, pool } = this.#options;
    const policy = this.policyFor(request.policy);
    const named = this.#named(request.policy);
    const chosenBy = named?.current === undefined ? null : named.name;
    const { filters, candidates } = this.#candidates.trace(request);
    const costs = policy === undefined ? [] : costsOf(policy, candidates, ledger, request);
    return { policy, chosenBy, ready: pool.ready().length, filters, candidates, costs };
  }

  #choose(policy: Policy, candidates: readonly Endpoint[], request: SchedulingRequest): Endpoint {
    return this.#candidates.hasLoadFilters
      ? this.#chooseByLoad(policy, candidates, request)
      : policy.choose(candidates, this.#options.ledger, request);
  }

  /** One that the filters by load leave; in a large pool the first choice often is. */
  #chooseByLoad(policy: Policy, given: readonly Endpoint[], request: SchedulingRequest): Endpoint {
    const { ledger } = this.#options;
    if (given.length > largePool) {
      const first = policy.choose(given, ledger, request);
      if (this.#candidates.admits(first)) return first;
    }
    return policy.choose(this.#candidates.filterByLoad(request, given), ledger, request);
  }

  #unknownPolicy(given: string): Rejection {
    return { kind: 'unknown-policy', given, known: this.#options.policies.names };
  }
}

const takeNothing = (): undefined => undefined;

function reject(why: Rejection): Reject {
  return { kind: 'reject', why };
}
