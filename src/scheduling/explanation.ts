import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection } from './decision.ts';
import type { Endpoint } from './endpoint.ts';
import type { Load } from './load.ts';
import type { Policy } from './policy.ts';
import { hashText } from './rendezvous.ts';

/** Why a request went where it went, as JSON. Texts of clients that may be private are hashed. */
export interface Explanation {
  readonly facts: Facts;
  /** null: the request names one that does not exist. */
  readonly policy: string | null;
  /** The policy that stands for it, `auto`; null: it was named itself. */
  readonly chosenBy: string | null;
  readonly ready: number;
  /** In the order in which they were applied, up to the one that rejected the request. */
  readonly filters: readonly FilterStep[];
  /** How many endpoints the policy chose from. */
  readonly candidates: number;
  /** The cheapest first, at most `mostListed` of them. */
  readonly costs: readonly CandidateCost[];
  /** null: the request was rejected. */
  readonly pick: string | null;
  readonly why: string;
}

export interface FilterStep {
  readonly filter: string;
  readonly left: number;
  /** At most `mostListed` of them. */
  readonly removed: readonly string[];
}

export interface CandidateCost {
  readonly address: string;
  /** null: the policy compares no costs. */
  readonly cost: number | null;
  readonly inFlight: number;
}

type Facts = Readonly<Record<string, string | number>>;

/** What led to a decision, before it was made. */
export interface Trail {
  readonly policy: Policy | undefined;
  readonly chosenBy: string | null;
  readonly ready: number;
  readonly filters: readonly FilterStep[];
  readonly candidates: readonly Endpoint[];
  readonly costs: readonly CandidateCost[];
}

export type Outcome =
  | { readonly kind: 'route'; readonly endpoint: Endpoint }
  | { readonly kind: 'reject'; readonly why: Rejection };

const mostListed = 32;

export function filterStep(
  filter: string,
  before: readonly Endpoint[],
  left: readonly Endpoint[],
): FilterStep {
  if (before === left) return { filter, left: left.length, removed: [] };
  const kept = new Set(left);
  const removed = before.filter((endpoint) => !kept.has(endpoint)).slice(0, mostListed);
  return { filter, left: left.length, removed: removed.map(({ address }) => address) };
}

/** To be called before the reservation is made, which would be in the loads. */
export function costsOf(
  policy: Policy,
  candidates: readonly Endpoint[],
  load: Load,
  request: SchedulingRequest,
): readonly CandidateCost[] {
  const costs = policy.costs?.(candidates, load, request);
  return candidates
    .map(({ address }, index) => ({
      address,
      cost: costs?.[index] ?? null,
      inFlight: load.inFlight(address),
    }))
    .sort((a, b) => (a.cost ?? 0) - (b.cost ?? 0));
}

export function explain(request: SchedulingRequest, trail: Trail, outcome: Outcome): Explanation {
  const { policy, chosenBy, ready, filters, candidates, costs } = trail;
  const isRoute = outcome.kind === 'route';
  return {
    facts: factsOf(request),
    policy: policy?.name ?? null,
    chosenBy,
    ready,
    filters,
    candidates: candidates.length,
    costs: costs.slice(0, mostListed),
    pick: isRoute ? outcome.endpoint.address : null,
    why: isRoute ? reasonOf(outcome.endpoint, trail) : `rejected: ${outcome.why.kind}`,
  };
}

function reasonOf({ address }: Endpoint, { policy, costs }: Trail): string {
  const [least] = costs;
  const picked = costs.find((one) => one.address === address);
  if (least === undefined || least.cost === null || picked === undefined || picked.cost === null)
    return `${policy?.name} compares no costs`;
  if (picked.cost > least.cost)
    return `not the lowest cost: ${policy?.name} compares a sample, or keeps a bound on load`;
  const alike = costs.filter(({ cost }) => cost === least.cost).length;
  return alike === 1 ? 'the lowest cost' : `the lowest cost, which ${alike} have`;
}

/** Sessions and the headers of extensions as hashes, the subset and the prompt as their size. */
function factsOf(request: SchedulingRequest): Facts {
  const { session, subset, headers, isExplained, prompt, ...plain } = request;
  return {
    ...plain,
    ...(session === undefined ? {} : { sessionHash: hex(session) }),
    ...(prompt === undefined ? {} : { promptTokens: Math.round(prompt.totalTokens) }),
    ...(subset === undefined ? {} : { subset: subset === 'too-large' ? subset : subset.length }),
    ...Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [`${name} (hash)`, hex(value)]),
    ),
  };
}

function hex(text: string): string {
  return hashText(text).toString(16).padStart(8, '0');
}
