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
  /** `route` or the kind of the rejection. */
  readonly outcome: string;
}

/** Records decisions. */
export interface ScheduleTrace {
  /** False where spans are not exported: the caller then builds none. */
  readonly enabled: boolean;
  record(span: ScheduleSpan): void;
}

export const noTrace: ScheduleTrace = { enabled: false, record() {} };
