import type { SchedulingRequest } from '../schedulingRequest.ts';
import type { BodyScan } from './bodyScan.ts';
import { readModelFromBody } from './readModelFromBody.ts';

/** The request, with what its body says where its headers do not. */
export function withBody(request: SchedulingRequest, scan: BodyScan): SchedulingRequest {
  if (request.model !== undefined) return request;
  const model = readModelFromBody(scan);
  return model === undefined ? request : { ...request, model };
}
