import type { BodyScan } from './bodyScan.ts';
import { readBodyText } from './readBodyText.ts';
import { readMetadata } from './readMetadata.ts';

/** The end user, as the client names it: OpenAI's `user`, Anthropic's `metadata.user_id`. */
export function readUser(scan: BodyScan): string | undefined {
  return readBodyText(scan, 'user') ?? readMetadata(scan, 'user_id');
}
