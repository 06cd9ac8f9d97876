import { readModel } from './readModel.ts';
import { readPolicy } from './readPolicy.ts';
import { readSubset } from './readSubset.ts';
import { readText } from './readText.ts';
import { readTraceparent } from './readTraceparent.ts';
import { noRequestHeaders, type RequestHeaders } from './requestHeaders.ts';
import type { RequestSource } from './requestSource.ts';
import { plainRequest, type SchedulingRequest } from './schedulingRequest.ts';

/**
 * Reads what a decision depends on. A destination header that the client sent is ignored: clients
 * do not choose their endpoint.
 */
export function readSchedulingRequest(
  source: RequestSource,
  headers: RequestHeaders = noRequestHeaders,
): SchedulingRequest {
  const policy = readPolicy(source);
  const traceparent = readTraceparent(source);
  const subset = readSubset(source);
  const model = headers.models.length === 0 ? undefined : readModel(source, headers.models);
  const labels = headers.labels === undefined ? undefined : readText(source, headers.labels);
  const isPlain =
    policy === undefined &&
    traceparent === undefined &&
    subset === undefined &&
    model === undefined &&
    labels === undefined;
  if (isPlain) return plainRequest;
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(subset === undefined ? {} : { subset }),
    ...(model === undefined ? {} : { model }),
    ...(labels === undefined ? {} : { labels }),
  };
}
