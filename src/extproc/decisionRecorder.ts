import { performance } from 'node:perf_hooks';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Assessment } from '../scheduling/assessor.ts';
import type { Unreserved } from '../scheduling/scheduler.ts';
import type { Log } from '../telemetry/log.ts';
import type { ScheduleTrace } from '../telemetry/scheduleTrace.ts';
import type { BodyOutcome, ExtprocMetrics, StreamEnd, UndecidedOutcome } from './metrics.ts';
import { policyLabel } from './policyLabel.ts';
import { heldMs } from './repeatedFailures.ts';

export interface DecisionRecorderOptions {
  /** For requests that name none, now. */
  readonly defaultPolicy: () => string;
  readonly metrics: ExtprocMetrics;
  readonly trace: ScheduleTrace;
  readonly log: Log;
  /** Of the pick of the decision that is recorded. Read only where decisions are traced. */
  readonly takeAssessment?: (() => Assessment | undefined) | undefined;
  /** Receives what a part above throws: the request does not depend on its records. */
  readonly onUnexpectedError: (error: unknown) => void;
  /** A decision took so long that it may have held the event loop. */
  readonly onSlow: () => void;
}

/**
 * Records what the exchanges decided and how they ended: the one place where the silent core meets
 * metrics, traces and logs.
 */
export class DecisionRecorder {
  readonly #options: DecisionRecorderOptions;

  constructor(options: DecisionRecorderOptions) {
    this.#options = options;
  }

  /**
   * A decision whose reply is written.
   *
   * @param arrivedMs when the message arrived that it answers, by performance.now()
   */
  decided(request: SchedulingRequest, decision: Unreserved, arrivedMs: number): void {
    try {
      this.#record(request, decision, arrivedMs);
    } catch (error) {
      this.#options.onUnexpectedError(error);
    }
  }

  #record(request: SchedulingRequest, decision: Unreserved, arrivedMs: number): void {
    const { metrics, trace, log, defaultPolicy, takeAssessment, onSlow } = this.#options;
    const isRoute = decision.kind === 'route';
    const policy = isRoute ? decision.policy : (request.policy ?? defaultPolicy());
    const outcome = isRoute ? 'route' : decision.why.kind;
    metrics.decisions.add(policyLabel(policy), outcome);
    const tookMs = performance.now() - arrivedMs;
    metrics.decisionDuration.record(tookMs / 1000);
    if (tookMs >= heldMs) onSlow();

    const endpoint = isRoute ? decision.endpoint.address : undefined;
    const candidates = isRoute ? decision.candidates : 0;
    const { traceparent } = request;
    log.debug(
      { event: 'decision.made', policy, outcome, endpoint, candidates, traceparent },
      'decision made',
    );
    if (!trace.enabled) return;
    const startMs = performance.timeOrigin + arrivedMs;
    const { cost, cachedTokens } = takeAssessment?.() ?? {};
    const alternates = isRoute ? decision.alternates.map(({ address }) => address) : [];
    const promptTokens = request.prompt && Math.round(request.prompt.totalTokens);
    const span = trace.record({
      traceparent,
      startMs,
      policy,
      candidates,
      endpoint,
      outcome,
      alternates,
      cost,
      promptTokens,
      cachedTokens,
    });
    if (span !== undefined) metrics.decisionDuration.exemplify(tookMs / 1000, span);
  }

  /** A stream that came to no decision. */
  undecided(outcome: UndecidedOutcome): void {
    this.#options.metrics.decisions.add('unknown', outcome);
  }

  /** A request body was asked for. */
  body(outcome: BodyOutcome): void {
    this.#options.metrics.requestBodies.add(outcome);
  }

  ended(how: StreamEnd): void {
    this.#options.metrics.streamsEnded.add(how);
  }
}
