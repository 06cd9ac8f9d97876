import { readPolicy } from './readPolicy.ts';
import { readSubset } from './readSubset.ts';
import { readTraceparent } from './readTraceparent.ts';
import type { RequestSource } from './requestSource.ts';
import type { SchedulingRequest } from './schedulingRequest.ts';

/** Nearly all requests are like this one, so they share it. */
const plainRequest: SchedulingRequest = {};

/**
 * Reads what a decision depends on. A destination header that the client sent is ignored: clients
 * do not choose their endpoint.
 */
export function readSchedulingRequest(source: RequestSource): SchedulingRequest {
  const policy = readPolicy(source);
  const traceparent = readTraceparent(source);
  const subset = readSubset(source);
  if (policy === undefined && traceparent === undefined && subset === undefined) return plainRequest;
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(subset === undefined ? {} : { subset }),
  };
}
