import type { SpanContext } from '@opentelemetry/api';

const pattern = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Would a span of this request be exported? One whose parent is not sampled would not. */
export function isSampled(traceparent: string | undefined): boolean {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return parent === undefined || parent.traceFlags === 1;
}

/**
 * Parses a `traceparent` header by W3C Trace Context, level 1: lower-case hexadecimal, no zero ids,
 * version 00 exactly, later versions as far as they have its format.
 *
 * @returns undefined for an invalid header; the specification then requires a new trace
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags, rest] = pattern.exec(text.trim()) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && rest !== undefined) return undefined;
  // Only the lowest flag, `sampled`, has a meaning here.
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}
