import type { ServerResponse } from 'node:http';
import type { PodClock } from './clock.ts';
import { type Completion, CompletionEvents, formatCompletion } from './completions.ts';
import type { TimeHistogram } from './timeHistogram.ts';
import type { TokenSource } from './tokenSource.ts';

/**
 * The response to one completion request. It takes its tokens from their source, sends them, and
 * frees the source at its end:
 * - served: all tokens were given to the connection
 * - cutShort: the pod ended it: a cut, a refusal, or the end of its grace period
 * - aborted: the client left, in the queue or later
 * The response head is sent with the first token: until then a proxy may still try another pod.
 */
export interface ResponsePlan {
  readonly completion: Completion;
  readonly stream: boolean;
  readonly source: TokenSource;
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
  readonly clock: PodClock;
  readonly counts: RequestCounts;
  readonly queueTimes: TimeHistogram;
}

export class CompletionResponse {
  readonly #response: ServerResponse;
  readonly #plan: ResponsePlan;
  readonly #context: ResponseContext;
  #completion: Completion;
  #events: CompletionEvents | undefined;
  #cancel = () => {};
  #queuedMs = 0;
  #isEnded = false;

  constructor(response: ServerResponse, plan: ResponsePlan, context: ResponseContext) {
    this.#response = response;
    this.#plan = plan;
    this.#completion = plan.completion;
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
    const { clock, queueTimes } = this.#context;
    const { completion, fault, source, stream } = this.#plan;
    const arrivedMs = clock.nowMs();
    const cancel = source.start(this.#tokens, stream, {
      onStarted: () => {
        this.#queuedMs = clock.nowMs() - arrivedMs;
        queueTimes.observe(this.#queuedMs);
      },
      emit: (from, to) => {
        if (this.#isEnded) return;
        if (from === 0) this.#onFirstToken(completion);
        this.#plan.onTokens(to - from);
        const isCut = fault.kind === 'cut';
        if (stream) this.#sendEvents(from, to, to === this.#tokens, isCut);
        else if (to === this.#tokens) isCut ? this.#cut() : this.#sendWhole();
      },
    });
    // It may have ended before `start` returned.
    if (this.#isEnded) cancel();
    else this.#cancel = cancel;
  }

  abort(): void {
    if (this.#end('cutShort')) this.#response.socket?.resetAndDestroy();
  }

  get #tokens(): number {
    const { completion, fault } = this.#plan;
    if (fault.kind === 'hang') return 0;
    return fault.kind === 'cut' ? Math.min(fault.afterTokens, completion.tokens) : completion.tokens;
  }

  #onFirstToken(completion: Completion): void {
    const { cachedTokens } = this.#plan.source;
    this.#completion = cachedTokens === undefined ? completion : { ...completion, cachedTokens };
    this.#plan.onFirstToken();
  }

  #sendEvents(from: number, to: number, isLast: boolean, isCut: boolean): void {
    this.#events ??= new CompletionEvents(this.#completion);
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
    const body = formatCompletion(this.#completion);
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
    return true;
  }
}
