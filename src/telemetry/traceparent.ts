import type { SpanContext } from '@opentelemetry/api';

const form = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/**
 * Reads a `traceparent` header after W3C Trace Context, level 1: lower-case hexadecimal, no zero ids, version
 * 00 exactly, later versions as far as they look like it.
 *
 * @returns undefined when it is not one; a trace then begins anew, as the specification wants
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags, rest] = form.exec(text.trim()) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && rest !== undefined) return undefined;
  // Only the lowest flag, `sampled`, has a meaning here.
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}
