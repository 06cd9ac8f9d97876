import { parseAddress } from '../hostPort.ts';
import type { RequestSource } from './requestSource.ts';

/** The metadata that limits a request to some endpoints (Gateway API endpoint picker protocol). */
const subsetNamespace = 'envoy.lb.subset_hint';
const subsetKey = 'x-gateway-destination-endpoint-subset';

/**
 * The endpoints that the request may go to: a comma-separated string or a list of strings. Text
 * that is no address matches no endpoint.
 */
export function readSubset(source: RequestSource): readonly string[] | undefined {
  const texts = source.metadataTexts(subsetNamespace, subsetKey);
  if (texts === undefined) return undefined;
  return (typeof texts === 'string' ? texts.split(',') : texts)
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(canonicalAddress);
}

function canonicalAddress(text: string): string {
  const parsed = parseAddress(text);
  return parsed.kind === 'ip' ? parsed.address : text;
}
