import type { BodyFormat, MaxTokensPlace } from './bodyFormats.ts';
import type { BodyScan } from './bodyScan.ts';
import { memberOf } from './memberOf.ts';

/** How many tokens the response may have at most. undefined: the client sets no limit. */
export function readMaxTokens(scan: BodyScan, format: BodyFormat): number | undefined {
  for (const place of format.maxTokens) {
    const value = valueAt(scan, place);
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  }
  return undefined;
}

function valueAt(scan: BodyScan, place: MaxTokensPlace): unknown {
  return typeof place === 'string' ? scan.value(place) : memberOf(scan.value(place.field), place.member);
}
