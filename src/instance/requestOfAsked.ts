import type { AskedRequest } from '../admin/server.ts';
import { BodyScan } from '../request/body/bodyScan.ts';
import { withBody } from '../request/body/withBody.ts';
import { readPolicy } from '../request/readPolicy.ts';
import { readSchedulingRequest } from '../request/readSchedulingRequest.ts';
import type { RequestHeadersFor } from '../request/requestHeaders.ts';
import type { RequestSource } from '../request/requestSource.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';

/** The request as it would be read from Envoy's messages. */
export function requestOfAsked(
  { headers, subset, body }: AskedRequest,
  headersFor: RequestHeadersFor,
): SchedulingRequest {
  const source: RequestSource = {
    header: (name) => headers.get(name),
    metadataTexts: (_namespace, _key, maxBytes) =>
      subset !== undefined && Buffer.byteLength(subset) > maxBytes ? 'too-large' : subset,
  };
  const policy = readPolicy(source);
  const wanted = headersFor(policy);
  const request = readSchedulingRequest(source, policy, wanted);
  if (body === undefined) return request;
  const scan = new BodyScan();
  scan.add(Buffer.from(body));
  scan.end();
  return withBody(request, scan, wanted);
}
