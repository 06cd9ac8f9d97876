import type { SpanReference } from './exemplars.ts';

/** One decision, for a trace. */
export interface ScheduleSpan {
  /** The request's W3C `traceparent` header, not parsed. */
  readonly traceparent: string | undefined;
  /** Milliseconds since the epoch, with fractions: performance.timeOrigin + performance.now(). */
  readonly startMs: number;
  readonly policy: string;
  /** The number of candidates of the decision. */
  readonly candidates: number;
  /** The chosen address; undefined for a rejection. */
  readonly endpoint: string | undefined;
  /** The further endpoints that Envoy may try. */
  readonly alternates: readonly string[];
  /** The policy's cost of the chosen one; undefined: it compares none, or the pool is large. */
  readonly cost?: number | undefined;
  /** Tokens of the prompt, where it was read. */
  readonly promptTokens?: number | undefined;
  /** Those that the policy takes to be cached on the endpoint. */
  readonly cachedTokens?: number | undefined;
  /** `route` or the kind of the rejection. */
  readonly outcome: string;
}

/** Records decisions. */
export interface ScheduleTrace {
  /** False where spans are not exported: the caller then builds none. */
  readonly enabled: boolean;
  /** @returns undefined where its parent is not sampled, so that it is not exported */
  record(span: ScheduleSpan): SpanReference | undefined;
}

export const noTrace: ScheduleTrace = { enabled: false, record: () => undefined };
