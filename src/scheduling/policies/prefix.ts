import type { PromptCuts } from '../../request/promptCuts.ts';
import type { SchedulingRequest } from '../../request/schedulingRequest.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Load } from '../load.ts';
import { PlacedPrompts } from '../placedPrompts.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from '../policy.ts';
import { rendezvousCost } from '../rendezvous.ts';
import { leastRequestPolicy, trustInPeers } from './leastRequest.ts';

export const prefixPolicy = {
  name: 'prefix',
  summary: 'where the first token comes soonest: its prompt is cached there, and few others wait',
  create: (options): Policy => new Prefix(options),
} as const satisfies PolicyDefinition;

/** docs/policies.md says where they come from. */
const ownPrefillWeight = 3;
const secondsPerRequest = 0.06;
const tieSeconds = 0.03;
const tieShare = 0.05;
const none: readonly Endpoint[] = [];

/** What a candidate is compared by. */
interface PromptCost {
  readonly endpoint: Endpoint;
  /** How many of the prompt's cuts it has. */
  readonly matchedCuts: number;
  readonly seconds: number;
}

/**
 * The candidate that can be expected to answer first. What the request costs there, in seconds:
 *
 *     (tokens waiting there + 3 × own tokens not cached there) ÷ speed + 0.06 × requests in flight
 *
 * Candidates that cost about the same are ordered by a hash of the first part of the prompt that is
 * not cached, so instances agree about new prompts without having talked. A request without a
 * prompt is placed by `least-request`.
 *
 * What waits is known exactly for this scheduler's own prompts. Peers' requests are known by their
 * number; each is taken to wait for as much as an own one on average.
 */
class Prefix implements Policy {
  readonly name = 'prefix';
  readonly reads = ['prompt'] as const;
  readonly #options: PolicyOptions;
  readonly #leastRequest: Policy & Required<Pick<Policy, 'costs'>>;
  readonly #placed: PlacedPrompts;

  constructor(options: PolicyOptions) {
    this.#options = options;
    this.#leastRequest = leastRequestPolicy.create(options);
    this.#placed = options.placed ?? new PlacedPrompts(options);
  }

  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint {
    const { prompt } = request;
    if (prompt === undefined) return this.#leastRequest.choose(candidates, load, request);
    const costs = this.#compare(this.#placed.compared(candidates, prompt), load, prompt);
    const best = costs.reduce((least, cost) => (cost.seconds < least.seconds ? cost : least));
    const highest = best.seconds + Math.max(tieSeconds, tieShare * best.seconds);
    const firstCold = prompt.keys[Math.min(best.matchedCuts, prompt.keys.length - 1)] as number;
    let chosen = best.endpoint;
    let earliest = Number.POSITIVE_INFINITY;
    for (const { endpoint, seconds } of costs) {
      if (seconds > highest) continue;
      const order = rendezvousCost(firstCold, endpoint);
      if (order >= earliest) continue;
      earliest = order;
      chosen = endpoint;
    }
    return chosen;
  }

  alternates(
    chosen: Endpoint,
    candidates: readonly Endpoint[],
    load: Load,
    { prompt }: SchedulingRequest,
  ): readonly Endpoint[] | undefined {
    if (prompt === undefined) return undefined;
    const others = this.#placed.compared(candidates, prompt).filter((endpoint) => endpoint !== chosen);
    if (others.length === 0) return none;
    return this.#compare(others, load, prompt)
      .sort((a, b) => a.seconds - b.seconds)
      .slice(0, 2)
      .map(({ endpoint }) => endpoint);
  }

  onPicked(endpoint: Endpoint, candidates: readonly Endpoint[], { prompt }: SchedulingRequest): void {
    if (prompt !== undefined) this.#placed.place(prompt, endpoint, candidates);
  }

  costs(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): readonly number[] {
    const { prompt } = request;
    if (prompt === undefined) return this.#leastRequest.costs(candidates, load, request);
    return this.#compare(candidates, load, prompt).map(({ seconds }) => seconds);
  }

  cachedTokens(endpoint: Endpoint, { prompt }: SchedulingRequest): number | undefined {
    if (prompt === undefined) return undefined;
    const matchedCuts = this.#placed.of(endpoint)?.matchedCuts(prompt) ?? 0;
    return matchedCuts === 0 ? 0 : prompt.tokens[matchedCuts - 1];
  }

  #compare(endpoints: readonly Endpoint[], load: Load, prompt: PromptCuts): PromptCost[] {
    const { nowMs, pods } = this.#options;
    const now = nowMs();
    const trust = trustInPeers(load.unacknowledgedPicks(), endpoints.length);
    const tokensOfPeer = this.#meanBacklog(endpoints, load, now);
    return endpoints.map((endpoint) => {
      const work = this.#placed.of(endpoint);
      const matchedCuts = work?.matchedCuts(prompt) ?? 0;
      const cached = matchedCuts === 0 ? 0 : (prompt.tokens[matchedCuts - 1] as number);
      const local = load.localInFlight(endpoint.address);
      const peers = trust * (load.inFlight(endpoint.address) - local);
      const waiting = this.#backlog(endpoint, local, now) + peers * tokensOfPeer;
      const toCompute = waiting + ownPrefillWeight * (prompt.totalTokens - cached);
      const ofSpeed = toCompute / pods.prefillTokensPerSecond + secondsPerRequest * (local + peers);
      return { endpoint, matchedCuts, seconds: ofSpeed / endpoint.weight };
    });
  }

  /** Own tokens that wait there: none where all requests have been answered, whatever the speed. */
  #backlog(endpoint: Endpoint, local: number, now: number): number {
    return local === 0 ? 0 : (this.#placed.of(endpoint)?.backlogTokens(now) ?? 0);
  }

  /** Tokens that wait for each request in flight, of this scheduler's own. */
  #meanBacklog(endpoints: readonly Endpoint[], load: Load, now: number): number {
    let tokens = 0;
    let requests = 0;
    for (const endpoint of endpoints) {
      const local = load.localInFlight(endpoint.address);
      tokens += this.#backlog(endpoint, local, now);
      requests += local;
    }
    return requests === 0 ? 0 : tokens / requests;
  }
}
