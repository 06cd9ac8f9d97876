import type { RequestSource } from './requestSource.ts';

/** W3C Trace Context. */
export const traceparentHeader = 'traceparent';

/** The value as given: telemetry parses it. */
export function readTraceparent(source: RequestSource): string | undefined {
  return source.header(traceparentHeader);
}
