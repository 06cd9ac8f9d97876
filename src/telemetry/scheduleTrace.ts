/** One decision, as a trace shows it. */
export interface ScheduleSpan {
  /** The request's W3C `traceparent` header, as it came. */
  readonly traceparent: string | undefined;
  /** Milliseconds since the epoch, fractions welcome (performance.timeOrigin + performance.now()). */
  readonly startMs: number;
  readonly policy: string;
  /** How many endpoints it was chosen from. */
  readonly candidates: number;
  /** The chosen address; undefined when there is none. */
  readonly endpoint: string | undefined;
  /** `route` or the kind of the rejection. */
  readonly outcome: string;
}

/** Takes finished decisions. */
export interface ScheduleTrace {
  /** False when nobody reads them: the caller then need not build a span. */
  readonly enabled: boolean;
  record(span: ScheduleSpan): void;
}

export const noTrace: ScheduleTrace = { enabled: false, record() {} };
