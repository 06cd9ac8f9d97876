import type { ServerResponse } from 'node:http';
import type { PodClock } from './clock.ts';
import { type Completion, CompletionEvents, formatCompletion } from './completions.ts';
import { generate } from './generate.ts';
import { dueAtMs, type TokenPace } from './pace.ts';
import type { QueueTimes } from './queueTimes.ts';
import type { Slot, Slots } from './slots.ts';

/**
 * The response to one completion request. It waits for a slot, generates its tokens, sends them,
 * and releases the slot at its end:
 * - served: all tokens were given to the connection
 * - cutShort: the pod ended it: a cut, a refusal, or the end of its grace period
 * - aborted: the client left, in the queue or later
 * The response head is sent with the first token: until then a proxy may still try another pod.
 */
export interface ResponsePlan {
  readonly completion: Completion;
  readonly stream: boolean;
  readonly pace: TokenPace;
  /** The prompt is computed. */
  readonly onFirstToken: () => void;
  readonly onTokens: (count: number) => void;
  readonly fault:
    | { readonly kind: 'none' }
    | { readonly kind: 'hang' }
    | { readonly kind: 'cut'; readonly afterTokens: number };
  readonly headers: Readonly<Record<string, string>>;
}

export interface RequestCounts {
  served: number;
  cutShort: number;
  aborted: number;
}

export interface ResponseContext {
  readonly slots: Slots;
  readonly clock: PodClock;
  readonly counts: RequestCounts;
  readonly queueTimes: QueueTimes;
}

export class CompletionResponse {
  readonly #response: ServerResponse;
  readonly #plan: ResponsePlan;
  readonly #context: ResponseContext;
  #events: CompletionEvents | undefined;
  #slot: Slot | undefined;
  #cancel = () => {};
  #queuedMs = 0;
  #isEnded = false;

  constructor(response: ServerResponse, plan: ResponsePlan, context: ResponseContext) {
    this.#response = response;
    this.#plan = plan;
    this.#context = context;
  }

  /** Accepted and never answered: only the client or `abort` ends it. */
  get hangs(): boolean {
    return this.#plan.fault.kind === 'hang';
  }

  start(): void {
    // A client that has already left raises no event.
    if (this.#response.destroyed) return void this.#end('aborted');
    // Also emitted after a complete response; then it has no effect.
    this.#response.on('close', () => this.#end('aborted'));
    const { slots, clock, queueTimes } = this.#context;
    const arrivedMs = clock.nowMs();
    this.#slot = slots.acquire((slot) => {
      this.#slot = slot;
      this.#queuedMs = clock.nowMs() - arrivedMs;
      queueTimes.observe(this.#queuedMs);
      this.#generate();
    });
  }

  abort(): void {
    if (this.#end('cutShort')) this.#response.socket?.resetAndDestroy();
  }

  #generate(): void {
    const { completion, fault, pace, stream } = this.#plan;
    if (fault.kind === 'hang') return;
    const isCut = fault.kind === 'cut';
    const tokens = isCut ? Math.min(fault.afterTokens, completion.tokens) : completion.tokens;
    const { clock } = this.#context;
    const { onFirstToken, onTokens } = this.#plan;
    if (stream) {
      this.#cancel = generate(tokens, pace, clock, (from, to) => {
        if (from === 0) onFirstToken();
        onTokens(to - from);
        this.#sendEvents(from, to, to === tokens, isCut);
      });
    } else {
      // A response that is not streamed is sent with the last token.
      const lastMs = dueAtMs(pace, tokens - 1);
      this.#cancel = generate(1, { firstMs: lastMs, everyMs: 0 }, clock, () => {
        onFirstToken();
        onTokens(tokens);
        if (isCut) this.#cut();
        else this.#sendWhole();
      });
    }
  }

  #sendEvents(from: number, to: number, isLast: boolean, isCut: boolean): void {
    this.#events ??= new CompletionEvents(this.#plan.completion);
    let events = this.#events.tokens(from, to);
    if (from === 0) {
      this.#response.writeHead(200, this.#headers());
      events = this.#events.opening() + events;
    }
    if (isLast && !isCut) {
      this.#response.end(events + this.#events.ending());
      this.#end('served');
    } else {
      // What was written before the cut must arrive, or the client would see no response.
      this.#response.write(events, isLast ? () => this.#cut() : undefined);
    }
  }

  #sendWhole(): void {
    const body = formatCompletion(this.#plan.completion);
    this.#response.writeHead(200, { ...this.#headers(), 'content-length': Buffer.byteLength(body) });
    this.#response.end(body);
    this.#end('served');
  }

  #headers(): Record<string, string> {
    return { ...this.#plan.headers, 'x-podsim-queued-ms': this.#queuedMs.toFixed(2) };
  }

  /** Closes without a reset: a reset could overtake the tokens before the cut. */
  #cut(): void {
    if (this.#end('cutShort')) this.#response.destroy();
  }

  /** Returns whether this call ended it. */
  #end(how: keyof RequestCounts): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    this.#context.counts[how]++;
    this.#cancel();
    this.#slot?.release();
    return true;
  }
}
