import type { BodyScan } from './bodyScan.ts';
import { memberOf } from './memberOf.ts';
import { nonEmptyText } from './readBodyText.ts';

/** A string in `metadata`, an object that clients fill as they like. */
export function readMetadata(scan: BodyScan, key: string): string | undefined {
  return nonEmptyText(memberOf(scan.value('metadata'), key));
}
