import { readText } from './readText.ts';
import type { RequestSource } from './requestSource.ts';
import type { Subset } from './schedulingRequest.ts';

/** The metadata that limits a request to some endpoints (Gateway API endpoint picker protocol). */
const subsetNamespace = 'envoy.lb.subset_hint';
const subsetKey = 'x-gateway-destination-endpoint-subset';

/** What is read at most, so that one request cannot occupy the process: some milliseconds. */
export const maxSubsetBytes = 64 * 1024;
export const maxSubsetEntries = 4096;

/**
 * The endpoints that the request may go to: a comma-separated string, or a list of such strings.
 * Each once, in no particular order.
 *
 * @param header counts in place of the metadata where a request has it
 */
export function readSubset(source: RequestSource, header?: string): Subset | undefined {
  const texts =
    (header === undefined ? undefined : readText(source, header)) ??
    source.metadataTexts(subsetNamespace, subsetKey, maxSubsetBytes);
  if (texts === undefined || texts === 'too-large') return texts;
  const entries = new Set<string>();
  for (const text of typeof texts === 'string' ? [texts] : texts) {
    for (const entry of text.split(',')) entries.add(entry.trim());
  }
  entries.delete('');
  return entries.size > maxSubsetEntries ? 'too-large' : [...entries];
}
