import { type BodyField, bodyFieldNames, bodyFields, type ReadableBodyField } from './bodyFields.ts';
import { BodyScan } from './bodyScan.ts';

/**
 * A body without what is long or private in it: its short fields (the model, the session, limits)
 * as JSON, without the prompt. undefined: it is no JSON object.
 */
export function bodyFacts(body: Buffer): string | undefined {
  const scan = new BodyScan();
  scan.add(body);
  scan.end();
  if (scan.state !== 'whole') return undefined;
  const known = bodyFieldNames.filter(isReadable).map((field) => [field, scan.value(field)]);
  return JSON.stringify(Object.fromEntries(known));
}

function isReadable(field: BodyField): field is ReadableBodyField {
  return bodyFields[field] > 0;
}
