import { performance } from 'node:perf_hooks';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ScheduleTrace } from '../telemetry/scheduleTrace.ts';

export interface InstrumentOptions {
  readonly schedule: (facts: SchedulingRequest) => Decision;
  /** Of requests that name none, now. */
  readonly defaultPolicy: () => string;
  readonly metrics: Pick<Metrics, 'decided'>;
  readonly trace: ScheduleTrace;
  readonly log: Log;
}

/** Makes decisions and tells of each: the one place where the silent core meets metrics, traces and logs. */
export function instrument(options: InstrumentOptions): (facts: SchedulingRequest) => Decision {
  const { schedule, defaultPolicy, metrics, trace, log } = options;
  return (facts) => {
    const startMs = performance.now();
    const decision = schedule(facts);
    const policy = decision.kind === 'route' ? decision.policy : (facts.policy ?? defaultPolicy());
    const outcome = decision.kind === 'route' ? 'route' : decision.why.kind;
    metrics.decided(policy, outcome, performance.now() - startMs);

    const endpoint = decision.kind === 'route' ? decision.endpoint.address : undefined;
    const candidates = decision.kind === 'route' ? decision.candidates : 0;
    log.debug({ policy, outcome, endpoint, candidates, traceparent: facts.traceparent }, 'decision');
    if (trace.enabled) {
      const { traceparent } = facts;
      trace.record({
        traceparent,
        startMs: performance.timeOrigin + startMs,
        policy,
        candidates,
        endpoint,
        outcome,
      });
    }
    return decision;
  };
}
