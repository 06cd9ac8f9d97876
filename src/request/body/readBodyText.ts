import type { ReadableBodyField } from './bodyFields.ts';
import type { BodyScan } from './bodyScan.ts';

/** The value of a field that is a string. An empty one is an absent one, as is another type. */
export function readBodyText(scan: BodyScan, field: ReadableBodyField): string | undefined {
  return nonEmptyText(scan.value(field));
}

export function nonEmptyText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
