import { ROOT_CONTEXT, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import type { ScheduleSpan, ScheduleTrace } from './scheduleTrace.ts';
import { parseTraceparent } from './traceparent.ts';

/** Exports each decision as a span `baton.schedule`, a child of the request's span. */
export function otelScheduleTrace(tracer: Tracer): ScheduleTrace {
  return {
    enabled: true,
    record({ traceparent, startMs, policy, candidates, endpoint, outcome }: ScheduleSpan): void {
      const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      const span = tracer.startSpan(
        'baton.schedule',
        {
          kind: SpanKind.SERVER,
          startTime: startMs,
          attributes: {
            'baton.policy': policy,
            'baton.candidates': candidates,
            'baton.outcome': outcome,
            ...(endpoint !== undefined && { 'baton.endpoint': endpoint }),
          },
        },
        context,
      );
      span.end();
    },
  };
}
