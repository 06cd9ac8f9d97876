import type { Clock } from '../clock.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import { type Explanation, explain } from './explanation.ts';
import { explanationLine } from './explanationLine.ts';
import type { Decision, Scheduler } from './scheduler.ts';

/** How long decisions are explained after `/decisions` was read. */
const watchMs = 60_000;
const capacity = 256;
/** Envoy gives each request one, or keeps the client's. */
const requestIdHeader = 'x-request-id';
/** An explanation costs as much as a few decisions over the whole pool. */
const mostPerSecond = 100;

export interface ExplainedDecision extends Explanation {
  /** Counts from 1. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly at: string;
}

/** The JSON of `/decisions`. */
export interface DecisionsReport {
  /** Decisions are explained for so long after each reading of this report. */
  readonly watchedForMs: number;
  /** Decisions that were not explained, because there were too many in a second. */
  readonly leftOut: number;
  /** Oldest first. */
  readonly decisions: readonly ExplainedDecision[];
}

export interface DecisionWatchOptions {
  readonly scheduler: Pick<Scheduler, 'schedule' | 'trail'>;
  readonly clock: Clock;
  readonly now: () => Date;
}

/**
 * The last decisions, explained, in memory only. They are explained only for some time after
 * someone read them; otherwise a decision costs one comparison more.
 */
export class DecisionWatch {
  readonly #options: DecisionWatchOptions;
  readonly #decisions: ExplainedDecision[] = [];
  #isWatched = false;
  #stopTimer = (): void => {};
  #sequence = 0;
  #leftOut = 0;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #inSecond = 0;

  constructor(options: DecisionWatchOptions) {
    this.#options = options;
  }

  /** What is to be read of a request: while someone reads decisions, its id too. */
  reading(wanted: RequestHeaders): RequestHeaders {
    return this.#isWatched ? { ...wanted, id: requestIdHeader } : wanted;
  }

  decide(request: SchedulingRequest): Decision {
    if (this.#isWatched || request.isExplained) return this.#decideAndExplain(request);
    return this.#options.scheduler.schedule(request);
  }

  /**
   * Also explains the decisions of the next minute.
   *
   * @param last at most so many
   */
  report(last = capacity): DecisionsReport {
    this.#stopTimer();
    this.#isWatched = true;
    this.#stopTimer = this.#options.clock.after(watchMs, () => {
      this.#isWatched = false;
    });
    return { watchedForMs: watchMs, leftOut: this.#leftOut, decisions: this.#decisions.slice(-last) };
  }

  stop(): void {
    this.#isWatched = false;
    this.#stopTimer();
  }

  #decideAndExplain(request: SchedulingRequest): Decision {
    const { scheduler, now } = this.#options;
    if (!this.#mayExplain()) {
      this.#leftOut += 1;
      return scheduler.schedule(request);
    }
    const trail = scheduler.trail(request);
    const decision = scheduler.schedule(request);
    this.#sequence += 1;
    const explained = explain(request, trail, decision);
    this.#decisions.push({ sequence: this.#sequence, at: now().toISOString(), ...explained });
    if (this.#decisions.length > capacity) this.#decisions.shift();
    if (decision.kind === 'reject' || !request.isExplained) return decision;
    return { ...decision, explanation: explanationLine(explained) };
  }

  #mayExplain(): boolean {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#secondBeganMs >= 1_000) {
      this.#secondBeganMs = nowMs;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    return this.#inSecond <= mostPerSecond;
  }
}
