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

export function readRequest(
  reader: ProcessingRequestReader,
  { aibrix, requestHeaders }: Pick<DecisionOptions, 'aibrix' | 'requestHeaders'>,
): ReadRequest {
  const policy = aibrix === undefined ? readPolicy(reader) : aibrix.readPolicy(reader);
  const wanted = requestHeaders(policy);
  const read = readSchedulingRequest(reader, policy, wanted);
  return { read: aibrix === undefined ? read : aibrix.read(reader, read, wanted), wanted };
}
