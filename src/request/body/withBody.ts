import type { RequestHeaders } from '../requestHeaders.ts';
import type { SchedulingRequest } from '../schedulingRequest.ts';
import type { BodyScan } from './bodyScan.ts';
import { readModelFromBody } from './readModelFromBody.ts';
import { readSessionFromBody } from './sessionFields.ts';

/** The request, with what its body says where its headers do not. */
export function withBody(
  request: SchedulingRequest,
  scan: BodyScan,
  { modelInBody, session: places }: RequestHeaders,
): SchedulingRequest {
  const model = request.model ?? (modelInBody === 'unread' ? undefined : readModelFromBody(scan));
  const session = request.session ?? (places && readSessionFromBody(scan, places.bodyFields));
  if (model === request.model && session === request.session) return request;
  return { ...request, ...(model && { model }), ...(session && { session }) };
}
