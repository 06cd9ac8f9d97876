import { type Attributes, ROOT_CONTEXT, SpanKind, TraceFlags, type Tracer, trace } from '@opentelemetry/api';
import type { SpanReference } from './exemplars.ts';
import type { ScheduleSpan, ScheduleTrace } from './scheduleTrace.ts';
import { parseTraceparent } from './traceparent.ts';

/** Exports each decision as a span `baton.schedule`, a child of the request's span. */
export function otelScheduleTrace(tracer: Tracer): ScheduleTrace {
  return {
    enabled: true,
    record(recorded: ScheduleSpan): SpanReference | undefined {
      const { traceparent, startMs } = recorded;
      const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      const span = tracer.startSpan(
        'baton.schedule',
        {
          kind: SpanKind.SERVER,
          startTime: startMs,
          attributes: attributesOf(recorded),
        },
        context,
      );
      span.end();
      const { traceId, spanId, traceFlags } = span.spanContext();
      return traceFlags & TraceFlags.SAMPLED ? { traceId, spanId } : undefined;
    },
  };
}

/** OpenTelemetry leaves out those that are undefined. */
function attributesOf(span: ScheduleSpan): Attributes {
  const { policy, candidates, outcome, endpoint, alternates, cost, promptTokens, cachedTokens } = span;
  return {
    'baton.policy': policy,
    'baton.candidates': candidates,
    'baton.outcome': outcome,
    'baton.endpoint': endpoint,
    'baton.alternates': [...alternates],
    'baton.cost': cost,
    'baton.prompt_tokens': promptTokens,
    'baton.cached_tokens': cachedTokens,
  };
}
