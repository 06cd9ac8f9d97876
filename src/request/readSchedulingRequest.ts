import { readHeaders } from './readHeaders.ts';
import { readModel } from './readModel.ts';
import { readPolicy } from './readPolicy.ts';
import { readSession } from './readSession.ts';
import { readSubset } from './readSubset.ts';
import { readText } from './readText.ts';
import { readTraceparent } from './readTraceparent.ts';
import { noRequestHeaders } from './requestHeaders.ts';
import type { RequestSource } from './requestSource.ts';
import { plainRequest, type SchedulingRequest } from './schedulingRequest.ts';

/**
 * Reads what a decision depends on. A destination header that the client sent is ignored: clients
 * do not choose their endpoint.
 *
 * @param policy the one that the request names, on which the headers that are read depend
 */
export function readSchedulingRequest(
  source: RequestSource,
  policy = readPolicy(source),
  headers = noRequestHeaders,
): SchedulingRequest {
  const traceparent = readTraceparent(source);
  const subset = readSubset(source, headers.subset);
  const model = headers.models.length === 0 ? undefined : readModel(source, headers.models);
  const session = headers.session === undefined ? undefined : readSession(source, headers.session);
  const labels = headers.labels === undefined ? undefined : readText(source, headers.labels);
  const others = headers.others.length === 0 ? undefined : readHeaders(source, headers.others);
  const requestId = headers.id === undefined ? undefined : readText(source, headers.id);
  const isExplained = headers.explain !== undefined && source.header(headers.explain) !== undefined;
  const isPlain =
    policy === undefined &&
    traceparent === undefined &&
    subset === undefined &&
    model === undefined &&
    session === undefined &&
    others === undefined &&
    requestId === undefined &&
    !isExplained &&
    labels === undefined;
  if (isPlain) return plainRequest;
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(subset === undefined ? {} : { subset }),
    ...(model === undefined ? {} : { model }),
    ...(others === undefined ? {} : { headers: others }),
    ...(session === undefined ? {} : { session }),
    ...(labels === undefined ? {} : { labels }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(isExplained ? { isExplained } : {}),
  };
}
