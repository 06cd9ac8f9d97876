import type { PromptCuts } from '../../request/promptCuts.ts';
import type { SchedulingRequest } from '../../request/schedulingRequest.ts';
import type { Endpoint } from '../endpoint.ts';
import { type EngineReading, readingLifeMs } from '../engineReading.ts';
import type { Load } from '../load.ts';
import { PlacedPrompts } from '../placedPrompts.ts';
import { relativePaces } from '../podPace.ts';
import type { PodWork } from '../podWork.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from '../policy.ts';
import { prefillWork } from '../prefillWork.ts';
import { rendezvousCost } from '../rendezvous.ts';
import { leastRequestPolicy, trustInPeers } from './leastRequest.ts';

export const prefixPolicy = {
  name: 'prefix',
  summary: 'where the first token comes soonest: its prompt is cached there, and few others wait',
  create: (options): Policy => new Prefix(options),
} as const satisfies PolicyDefinition;

/** What counts how much; docs/policies.md says where the numbers come from. */
export const promptWeights = {
  /** The request's own tokens, against those that wait: who comes later waits for them. */
  ownPrefill: 2,
  secondsPerRequest: 0.03,
  /** The price of a pod whose KV cache is in use as a whole, and how it rises to that. */
  fullKvSeconds: 1,
  kvPower: 4,
  /** Candidates that differ by less cost the same. */
  tieSeconds: 0.03,
  tieShare: 0.05,
};
export type PromptWeights = typeof promptWeights;

/** Where this waits on average, all are busy. */
const busySeconds = 0.1;
/** Where more than this waits on average, all is crowded. */
const crowdedSeconds = 1;
/** Between two comparisons of the pods' paces. */
const pacesMs = 1_000;
const none: readonly Endpoint[] = [];

/** What is known of a candidate, looked up once for a comparison. */
interface KnownPod {
  readonly endpoint: Endpoint;
  readonly work: PodWork;
  /** Tokens that the fleet assigned to it; undefined: not known. */
  readonly ofFleet: number | undefined;
  readonly reading: EngineReading | undefined;
}

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
 *     (tokens waiting there + 2 × own tokens not cached there × crowding) ÷ speed
 *       + 0.03 × requests in flight
 *       + used share of the KV cache ^ 4
 *
 * Candidates that cost about the same are ordered by a hash of the first part of the prompt that is
 * not cached, so instances agree about new prompts without having talked. A request without a
 * prompt is placed by `least-request`.
 *
 * What waits is the tokens that the fleet assigned, less those that the engine computed. Where the
 * fleet's are not known, peers' requests are known by their number, and each is taken to wait for
 * as much as an own one on average.
 */
export class Prefix implements Policy {
  readonly name = 'prefix';
  readonly reads = ['prompt'] as const;
  readonly #options: PolicyOptions;
  readonly #weights: PromptWeights;
  readonly #leastRequest: Policy & Required<Pick<Policy, 'costs'>>;
  readonly #placed: PlacedPrompts;
  #pacesDueMs = Number.NEGATIVE_INFINITY;

  constructor(options: PolicyOptions, weights: PromptWeights = promptWeights) {
    this.#options = options;
    this.#weights = weights;
    this.#leastRequest = leastRequestPolicy.create(options);
    this.#placed = options.placed ?? new PlacedPrompts(options);
  }

  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint {
    const { prompt } = request;
    if (prompt === undefined) return this.#leastRequest.choose(candidates, load, request);
    const costs = this.#compare(this.#placed.compared(candidates, prompt), load, prompt);
    const best = costs.reduce((least, cost) => (cost.seconds < least.seconds ? cost : least));
    const { tieSeconds, tieShare } = this.#weights;
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
    const matchedCuts = this.#placed.of(endpoint).matchedCuts(prompt);
    return matchedCuts === 0 ? 0 : prompt.tokens[matchedCuts - 1];
  }

  #compare(endpoints: readonly Endpoint[], load: Load, prompt: PromptCuts): PromptCost[] {
    const { nowMs, readings, pods } = this.#options;
    const { ownPrefill, secondsPerRequest, fullKvSeconds, kvPower } = this.#weights;
    const now = nowMs();
    const trust = trustInPeers(load.unacknowledgedPicks(), endpoints.length);
    const known = endpoints.map(
      (endpoint): KnownPod => ({
        endpoint,
        work: this.#placed.of(endpoint),
        ofFleet: load.assignedTokens?.(endpoint.address),
        reading: readings?.of(endpoint.address),
      }),
    );
    if (readings !== undefined) this.#followPaces(known, now);
    const waiting = waitingAt(known, load, now, trust);
    const meanWaiting = waiting.reduce((sum, tokens) => sum + tokens, 0) / waiting.length;
    // The more wait, the more are made to wait longer by what need not be computed.
    const crowding = crowdingAt(meanWaiting / pods.prefillTokensPerSecond);
    return known.map(({ endpoint, work, reading }, index) => {
      const { address, weight } = endpoint;
      const matchedCuts = work.matchedCuts(prompt);
      const cached = matchedCuts === 0 ? 0 : (prompt.tokens[matchedCuts - 1] as number);
      const ownWork = prefillWork(prompt.totalTokens - cached, cached);
      const toCompute = (waiting[index] as number) + ownPrefill * crowding * ownWork;
      const local = load.localInFlight(address);
      const inFlight = local + trust * (load.inFlight(address) - local);
      const seconds =
        toCompute / (1000 * work.backlog.tokensPerMs) +
        (secondsPerRequest * inFlight) / weight +
        fullKvSeconds * freshKvUse(reading, now) ** kvPower;
      return { endpoint, matchedCuts, seconds };
    });
  }

  /** Engines say how much they do: one that does less in the same time than others is slower. */
  #followPaces(known: readonly KnownPod[], nowMs: number): void {
    for (const { endpoint, work, ofFleet: assignedTokens, reading } of known) {
      if (reading === undefined || assignedTokens === undefined) continue;
      const cacheTokens = this.#options.pods.cacheTokens * endpoint.weight;
      const tokensPerMs = work.backlog.expectedTokensPerMs;
      work.pace.observe({ reading, assignedTokens, tokensPerMs, cacheTokens });
    }
    if (nowMs < this.#pacesDueMs) return;
    this.#pacesDueMs = nowMs + pacesMs;
    const paces = relativePaces(known.map(({ work }) => work.pace.ratio));
    known.forEach(({ work }, index) => {
      work.backlog.pace = paces[index] as number;
    });
  }
}

/** Tokens that wait at each pod: none where nothing is in flight. */
function waitingAt(known: readonly KnownPod[], load: Load, nowMs: number, trust: number): number[] {
  let areOfFleet = true;
  let ownTokens = 0;
  let ownRequests = 0;
  const waiting = known.map(({ endpoint: { address }, work, ofFleet, reading }) => {
    if (ofFleet === undefined) areOfFleet = false;
    const assignedByPeers = ofFleet === undefined ? undefined : ofFleet - work.assignedTokens;
    const said = ofFleet === undefined ? undefined : reading;
    const tokens = work.backlog.tokens({ nowMs, assignedByPeers, reading: said });
    const requests = ofFleet === undefined ? load.localInFlight(address) : load.inFlight(address);
    if (requests === 0) return 0;
    ownTokens += tokens;
    ownRequests += requests;
    return tokens;
  });
  if (areOfFleet || ownRequests === 0) return waiting;
  const tokensOfRequest = ownTokens / ownRequests;
  return known.map(({ endpoint: { address } }, index) => {
    const peers = load.inFlight(address) - load.localInFlight(address);
    return (waiting[index] as number) + trust * peers * tokensOfRequest;
  });
}

/** By how much more own tokens count, where so much waits on average. */
function crowdingAt(waitingSeconds: number): number {
  const busy = Math.min(1, waitingSeconds / busySeconds);
  return 1 + busy / 2 + Math.max(0, waitingSeconds - crowdedSeconds) ** 2;
}

function freshKvUse(reading: EngineReading | undefined, nowMs: number): number {
  if (reading?.kvUse === undefined || nowMs - reading.atMs > readingLifeMs) return 0;
  return reading.kvUse;
}
