import type { ServerResponse } from 'node:http';
import { type AnswerPlan, CompletionResponse, type RequestCounts } from './answer.ts';
import type { PodClock } from './clock.ts';
import type { Api, CompletionRequest } from './completionRequest.ts';
import { Faults } from './faults.ts';
import { drawPace, type Timing } from './pace.ts';
import { QueueTimes } from './queueTimes.ts';
import { Slots } from './slots.ts';

/** What one pod is and has in hand. Its door to the network is routes.ts; it starts and stops in server.ts. */
export interface PodTraits extends Timing {
  readonly id: string;
  readonly model: string;
  readonly slots: number;
  readonly tokensPerReply: number;
  /** Answers 404 to requests for another model. */
  readonly strictModel: boolean;
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
  readonly queueTimes = new QueueTimes();
  readonly tally: RequestCounts = { served: 0, cutShort: 0, aborted: 0 };
  readonly #clock: PodClock;
  readonly #random: () => number;
  readonly #answers = new Set<CompletionResponse>();
  #answerCount = 0;
  #quiet: (() => void) | undefined;

  constructor(traits: PodTraits, clock: PodClock, random: () => number) {
    this.traits = traits;
    this.slots = new Slots(traits.slots);
    this.faults = new Faults(clock);
    this.#clock = clock;
    this.#random = random;
  }

  get isStopping(): boolean {
    return this.#quiet !== undefined;
  }

  state(): PodsimState {
    const { running, waiting, maxRunning } = this.slots;
    return { id: this.traits.id, running, waiting, ...this.tally, maxRunning };
  }

  /** Takes the response over. */
  answer(api: Api, request: CompletionRequest, fault: AnswerPlan['fault'], response: ServerResponse): void {
    const { id: podId, model, tokensPerReply } = this.traits;
    const facts = {
      api,
      id: `${api === 'chat' ? 'chatcmpl' : 'cmpl'}-${podId}-${++this.#answerCount}`,
      created: this.#clock.unixSeconds(),
      model: request.model ?? model,
      promptTokens: request.promptTokens,
      tokens: request.maxTokens ?? tokensPerReply,
      finishReason: request.maxTokens === undefined ? ('stop' as const) : ('length' as const),
      usageApart: request.includeUsage,
    };
    const pace = drawPace(this.traits, this.#random);
    const plan = { facts, stream: request.stream, pace, fault, headers: this.#headers(request.stream) };
    const { slots, tally, queueTimes } = this;
    const answer = new CompletionResponse(response, plan, { slots, clock: this.#clock, tally, queueTimes });
    this.#answers.add(answer);
    response.on('close', () => {
      this.#answers.delete(answer);
      this.#quiet?.();
    });
    answer.begin();
  }

  breakOffAll(): void {
    for (const answer of this.#answers) answer.breakOff();
  }

  /** Resolves when no answer is open, at the latest after `graceMs`. Those that hang are not waited for. */
  async drain(graceMs: number, onAnswered: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancelGrace = this.#clock.after(graceMs, resolve);
      this.#quiet = () => {
        onAnswered();
        if (this.#answers.size > 0) return;
        cancelGrace();
        resolve();
      };
      for (const answer of this.#answers) if (answer.hangs) answer.breakOff();
      this.#quiet();
    });
    this.breakOffAll();
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
