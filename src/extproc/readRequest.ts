import { readPolicy } from '../request/readPolicy.ts';
import { readSchedulingRequest } from '../request/readSchedulingRequest.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { DecisionOptions } from './decisionOptions.ts';
import type { ProcessingRequestReader } from './processingRequestReader.ts';

/** What the headers of a request say, and what else is to be read of it. */
export interface ReadRequest {
  readonly read: SchedulingRequest;
  readonly wanted: RequestHeaders;
}

/** @param traceparent that of the stream: the span of Envoy that waits for the decision */
export function readRequest(
  reader: ProcessingRequestReader,
  { aibrix, isTraced, requestHeaders }: Pick<DecisionOptions, 'aibrix' | 'isTraced' | 'requestHeaders'>,
  traceparent: string | undefined,
): ReadRequest {
  const policy = aibrix === undefined ? readPolicy(reader) : aibrix.readPolicy(reader);
  const wanted = requestHeaders(policy);
  const parsed = readSchedulingRequest(reader, policy, wanted);
  const read = isTraced && traceparent !== undefined ? { ...parsed, traceparent } : parsed;
  return { read: aibrix === undefined ? read : aibrix.read(reader, read, wanted), wanted };
}
