import type { ReadableBodyField } from './bodyFields.ts';
import type { BodyScan } from './bodyScan.ts';
import { readBodyText } from './readBodyText.ts';
import { readMetadata } from './readMetadata.ts';

/** Members of a body that clients name a session, a conversation or themselves with. */
const sessionTexts = ['user', 'session_id', 'prompt_cache_key'] as const satisfies ReadableBodyField[];
const metadataPrefix = 'metadata.';

export const sessionFieldForm = `one of ${sessionTexts.join(', ')}, or ${metadataPrefix}KEY`;

/** Can a body name its session in this field? */
export function isSessionField(field: string): boolean {
  return isText(field) || (field.startsWith(metadataPrefix) && field.length > metadataPrefix.length);
}

/** @param fields of the form above; the first that has a text counts */
export function readSessionFromBody(scan: BodyScan, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const session = isText(field)
      ? readBodyText(scan, field)
      : readMetadata(scan, field.slice(metadataPrefix.length));
    if (session !== undefined) return session;
  }
  return undefined;
}

function isText(field: string): field is (typeof sessionTexts)[number] {
  return (sessionTexts as readonly string[]).includes(field);
}
