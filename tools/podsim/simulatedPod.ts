import type { ServerResponse } from 'node:http';
import { AdapterUse } from './adapterUse.ts';
import type { PodClock } from './clock.ts';
import type { Api, CompletionRequest } from './completionRequest.ts';
import { CompletionResponse, type RequestCounts, type ResponsePlan } from './completionResponse.ts';
import { atSpeed, type EngineName, enginePresets } from './engine/enginePresets.ts';
import { PodEngine } from './engine/podEngine.ts';
import { Faults } from './faults.ts';
import { drawPace, type Timing } from './pace.ts';
import { PromptCache } from './promptCache.ts';
import { SlotSource } from './slotSource.ts';
import { Slots } from './slots.ts';
import { firstTokenBounds, queueTimeBounds, TimeHistogram } from './timeHistogram.ts';
import type { TokenSource } from './tokenSource.ts';

/**
 * The traits and the state of one pod. Its HTTP routes are in routes.ts; server.ts starts and stops
 * it.
 */
export interface PodTraits extends Timing {
  readonly id: string;
  readonly model: string;
  readonly slots: number;
  readonly tokensPerReply: number;
  /** Answers 404 to requests for another model. */
  readonly strictModel: boolean;
  /** Tokens that its prefix cache holds; 0: it has none, or its engine's. */
  readonly cacheTokens: number;
  /** Computes responses as this engine does, in place of slots at a fixed pace. */
  readonly engine?: EngineName;
  readonly engineSpeed: number;
  /** LoRA adapters that it serves beside its model. */
  readonly adapters: readonly string[];
}

/** Of `GET /podsim/state`. */
export interface PodsimState extends Readonly<RequestCounts> {
  readonly id: string;
  readonly running: number;
  readonly waiting: number;
  readonly maxRunning: number;
}

export class SimulatedPod {
  readonly traits: PodTraits;
  readonly faults: Faults;
  readonly slots: Slots;
  readonly cache: PromptCache;
  readonly engine: PodEngine | undefined;
  readonly adapters: AdapterUse;
  readonly queueTimes = new TimeHistogram(queueTimeBounds);
  readonly firstTokenTimes = new TimeHistogram(firstTokenBounds);
  readonly tokens = { prompt: 0, generated: 0 };
  readonly counts: RequestCounts = { served: 0, cutShort: 0, aborted: 0 };
  readonly #clock: PodClock;
  readonly #random: () => number;
  readonly #responses = new Set<CompletionResponse>();
  readonly startedUnixSeconds: number;
  #responseCount = 0;
  #checkDrained: (() => void) | undefined;

  constructor(traits: PodTraits, clock: PodClock, random: () => number) {
    this.traits = traits;
    this.slots = new Slots(traits.slots);
    this.engine = createEngine(traits, clock);
    this.adapters = new AdapterUse(traits.adapters);
    this.cache = new PromptCache(this.engine ? 0 : traits.cacheTokens);
    this.faults = new Faults(clock);
    this.#clock = clock;
    this.startedUnixSeconds = clock.unixSeconds();
    this.#random = random;
  }

  get isStopping(): boolean {
    return this.#checkDrained !== undefined;
  }

  state(): PodsimState {
    const { running, waiting, maxRunning } = this.engine ?? this.slots;
    return { id: this.traits.id, running, waiting, ...this.counts, maxRunning };
  }

  /** Takes over the response. */
  respond(
    api: Api,
    request: CompletionRequest,
    fault: ResponsePlan['fault'],
    response: ServerResponse,
  ): void {
    const { id: podId, model, tokensPerReply } = this.traits;
    const { promptTokens } = request;
    const arrivedMs = this.#clock.nowMs();
    const found = this.cache.isOn ? this.cache.lookUp(request.promptText(), promptTokens) : undefined;
    const endsUse = this.adapters.begin(request.model);
    const completion = {
      api,
      id: `${api === 'chat' ? 'chatcmpl' : 'cmpl'}-${podId}-${++this.#responseCount}`,
      created: this.#clock.unixSeconds(),
      model: request.model ?? model,
      promptTokens,
      ...(found && { cachedTokens: found.cachedTokens }),
      tokens: request.maxTokens ?? tokensPerReply,
      finishReason: request.maxTokens === undefined ? ('stop' as const) : ('length' as const),
      usageApart: request.includeUsage,
    };
    const onFirstToken = (): void => {
      this.firstTokenTimes.observe(this.#clock.nowMs() - arrivedMs);
      found?.store();
      this.tokens.prompt += promptTokens;
    };
    const onTokens = (count: number): void => {
      this.tokens.generated += count;
    };
    const plan = {
      completion,
      onFirstToken,
      onTokens,
      stream: request.stream,
      source: this.#source(request, found?.cachedTokens),
      fault,
      headers: this.#headers(request.stream),
    };
    const { counts, queueTimes } = this;
    const reply = new CompletionResponse(response, plan, { clock: this.#clock, counts, queueTimes });
    this.#responses.add(reply);
    response.on('close', () => {
      this.#responses.delete(reply);
      endsUse();
      this.#checkDrained?.();
    });
    reply.start();
  }

  /** The engine has no room for such a request, even when it runs none. */
  isTooLong({ promptTokens, maxTokens = this.traits.tokensPerReply }: CompletionRequest): boolean {
    return this.engine?.fits(promptTokens, maxTokens) === false;
  }

  abortAll(): void {
    for (const response of this.#responses) response.abort();
  }

  /**
   * Resolves when no response is open, at the latest after `graceMs`. It does not wait for hanging
   * ones.
   */
  async drain(graceMs: number, onAnswered: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancelGrace = this.#clock.after(graceMs, resolve);
      this.#checkDrained = () => {
        onAnswered();
        if (this.#responses.size > 0) return;
        cancelGrace();
        resolve();
      };
      for (const response of this.#responses) if (response.hangs) response.abort();
      this.#checkDrained();
    });
    this.abortAll();
  }

  #source(request: CompletionRequest, cachedTokens: number | undefined): TokenSource {
    const { promptTokens } = request;
    if (this.engine) return this.engine.source({ tokens: promptTokens, text: request.promptText() });
    const pace = drawPace(this.traits, this.#random, promptTokens - (cachedTokens ?? 0));
    return new SlotSource({ slots: this.slots, pace, clock: this.#clock, cachedTokens });
  }

  #headers(stream: boolean): Record<string, string> {
    return {
      'content-type': stream ? 'text/event-stream; charset=utf-8' : 'application/json; charset=utf-8',
      'x-podsim-id': this.traits.id,
      ...(stream && { 'cache-control': 'no-cache' }),
      ...(this.isStopping && { connection: 'close' }),
    };
  }
}

function createEngine(
  { engine, engineSpeed, cacheTokens }: PodTraits,
  clock: PodClock,
): PodEngine | undefined {
  if (engine === undefined) return undefined;
  const preset = enginePresets[engine];
  const capacityTokens = cacheTokens > 0 ? cacheTokens : preset.capacityTokens;
  return new PodEngine(atSpeed({ ...preset, capacityTokens }, engineSpeed), clock);
}
