import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SseCounter } from '../testbed/sseCounter.ts';
import { sendSseRequest } from '../testbed/sseRequest.ts';
import type { PromptSample, SaidTurn } from './promptWindows.ts';
import type { RehearsalWorkload } from './workloads.ts';

/**
 * Clients that hold conversations, each with one request at a time: a shared beginning, then turns
 * that repeat everything that was said before. A conversation ends after some turns by chance, and
 * its client begins another one.
 */
export interface ConversationLoadOptions {
  readonly url: string;
  readonly counter: SseCounter;
  readonly workload: RehearsalWorkload;
  readonly clients: number;
  readonly model?: string;
  readonly timeoutMs: number;
  /** Within [0, 1). */
  readonly random: () => number;
  /** Since the start. */
  readonly elapsedMs: () => number;
  readonly onAnswered: (sample: Omit<PromptSample, 'atMs'>) => void;
}

interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

const charactersPerToken = 4;
const pauseAfterFailureMs = 100;

export class ConversationLoad {
  readonly #options: ConversationLoadOptions;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: Number.POSITIVE_INFINITY });
  readonly #stopping = new AbortController();
  #conversations = 0;
  #run: Promise<unknown> | undefined;

  constructor(options: ConversationLoadOptions) {
    this.#options = options;
  }

  start(): void {
    const { clients } = this.#options;
    this.#run ??= Promise.all(Array.from({ length: clients }, () => this.#runClient()));
  }

  /** Sends nothing new; resolves when the requests in flight have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run;
    this.#agent.destroy();
  }

  async #runClient(): Promise<void> {
    const { workload, random } = this.#options;
    await this.#pause(random() * workload.pauseMs);
    while (!this.#stopping.signal.aborted) await this.#converse();
  }

  async #converse(): Promise<void> {
    const { workload, random } = this.#options;
    this.#conversations += 1;
    const name = `conversation ${this.#conversations}`;
    const beginning = Math.floor(random() * workload.beginnings);
    const messages: Message[] = [
      { role: 'system', content: textOf(`instructions ${beginning}`, workload.beginningTokens) },
    ];
    const said: SaidTurn[] = [];
    do {
      messages.push({
        role: 'user',
        content: textOf(`${name} message ${messages.length}`, workload.messageTokens),
      });
      const atMs = this.#options.elapsedMs();
      const promptTokens = await this.#send(messages, said);
      if (promptTokens === undefined) await sleep(pauseAfterFailureMs);
      else said.push({ atMs, promptTokens });
      messages.push({ role: 'assistant', content: textOf(`${name} answer`, workload.answerTokens) });
      await this.#pause(2 * random() * workload.pauseMs);
    } while (random() >= 1 / workload.turns && !this.#stopping.signal.aborted);
  }

  /** @returns the tokens of the prompt; undefined: it was not answered as a whole */
  async #send(messages: readonly Message[], said: readonly SaidTurn[]): Promise<number | undefined> {
    if (this.#stopping.signal.aborted) return undefined;
    const { url, counter, model, timeoutMs, workload, onAnswered } = this.#options;
    counter.requestStarted();
    const outcome = await sendSseRequest({
      url,
      agent: this.#agent,
      timeoutMs,
      body: {
        ...(model !== undefined && { model }),
        messages,
        max_tokens: workload.answerTokens,
        stream_options: { include_usage: true },
      },
    });
    counter.requestEnded(outcome);
    if (outcome.kind !== 'ok') return undefined;
    const { usage, firstTokenMs } = outcome;
    if (usage === undefined) return undefined;
    onAnswered({ ...usage, said: [...said], firstTokenMs });
    return usage.promptTokens;
  }

  async #pause(ms: number): Promise<void> {
    // An abort only ends the wait early.
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}

/** Words of so many tokens that no other name has. */
function textOf(name: string, tokens: number): string {
  const words = `${name}, `;
  return words
    .repeat(Math.ceil((tokens * charactersPerToken) / words.length))
    .slice(0, tokens * charactersPerToken);
}
