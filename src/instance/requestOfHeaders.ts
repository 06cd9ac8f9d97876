import { readPolicy } from '../request/readPolicy.ts';
import { readSchedulingRequest } from '../request/readSchedulingRequest.ts';
import type { RequestHeadersFor } from '../request/requestHeaders.ts';
import type { RequestSource } from '../request/requestSource.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';

/** A request that someone asks about: its headers by name, and its subset as a gateway sends it. */
export interface AskedRequest {
  readonly headers: ReadonlyMap<string, string>;
  readonly subset: string | undefined;
}

/** The request as it would be read from Envoy's message. */
export function requestOfHeaders(
  { headers, subset }: AskedRequest,
  headersFor: RequestHeadersFor,
): SchedulingRequest {
  const source: RequestSource = {
    header: (name) => headers.get(name),
    metadataTexts: (_namespace, _key, maxBytes) =>
      subset !== undefined && Buffer.byteLength(subset) > maxBytes ? 'too-large' : subset,
  };
  const policy = readPolicy(source);
  return readSchedulingRequest(source, policy, headersFor(policy));
}
