import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { AwaitedBody } from './bodyPhase.ts';
import type { DecisionOptions } from './decisionOptions.ts';
import { PendingBody, type PendingBodyOptions } from './pendingBody.ts';
import { leastWatched } from './routeReply.ts';

/** The body of a request that is to come, with what is watched of the response behind it. */
export function awaitBody(
  shared: DecisionOptions,
  request: SchedulingRequest,
  wanted: RequestHeaders,
  { bodies, first, isCertain, mode, prompt }: AwaitedBody,
  on: Pick<PendingBodyOptions, 'onRead' | 'onMalformed'>,
): PendingBody {
  const { nowMs, recorder, rewriter, signals } = shared;
  // Where nothing is asked for, the gateway sends of the response what it is configured to.
  const usual = mode === 'configured' ? 'none' : (signals?.watchAhead(first.endpoint.address) ?? 'none');
  return new PendingBody({
    request,
    wanted,
    rewriter,
    isBuffered: mode === 'buffered',
    first,
    prompt,
    isCertain,
    watch: usual === 'none' ? leastWatched(shared, request) : usual,
    bodies,
    recorder,
    nowMs,
    ...on,
  });
}
