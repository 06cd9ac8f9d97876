import type { BodyScan } from './bodyScan.ts';
import { readBodyText } from './readBodyText.ts';

/**
 * What separates the prefix caches of tenants in vLLM and SGLang: prompts share a cache only with
 * equal salts. SGLang's list of salts, one for each prompt of a batch, is not read.
 */
export function readCacheSalt(scan: BodyScan): string | undefined {
  return readBodyText(scan, 'cache_salt');
}
