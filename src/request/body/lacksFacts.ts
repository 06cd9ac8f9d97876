import type { RequestHeaders } from '../requestHeaders.ts';
import type { SchedulingRequest } from '../schedulingRequest.ts';

/** Could the body say what is to be read of the request, and its headers do not say? */
export function lacksFacts(
  { model, session }: SchedulingRequest,
  { modelInBody, asksForSession }: RequestHeaders,
): boolean {
  if (modelInBody !== 'unread' && model === undefined) return true;
  return asksForSession && session === undefined;
}
