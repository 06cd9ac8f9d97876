import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection, Route } from '../scheduling/decision.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { ResponseWatch } from '../signals/responseWatch.ts';
import type { DecisionOptions } from './decisionOptions.ts';
import type { RewritableBody } from './modelRewriter.ts';
import type { WantedParts } from './modeOverride.ts';
import { explainHeader } from './names.ts';
import { rejectReply } from './replies.ts';
import type { HeaderPair, Routed } from './routed.ts';
import type { RepliesTo } from './routeReplies.ts';

type Reserved = Extract<Decision, { kind: 'route' }>;
type RoutedState = { readonly kind: 'routed' } & Routed;

/**
 * The reply that says where a request goes. Valid until the next one is made.
 *
 * @param wanted what Envoy is to send of the exchange, in a reply to headers
 * @param body undefined: it is not to be changed
 */
export function routeReply(
  { aibrix, routeReplies, rewriter }: Pick<DecisionOptions, 'aibrix' | 'routeReplies' | 'rewriter'>,
  request: SchedulingRequest,
  route: Route,
  repliesTo: RepliesTo,
  wanted: WantedParts,
  body?: RewritableBody,
): Buffer {
  let reply = routeReplies.encode(route, wanted, repliesTo);
  if (rewriter !== undefined) reply = rewriter.amend(reply, request, repliesTo, body);
  return aibrix === undefined ? reply : aibrix.amendRoute(reply, request, route, repliesTo);
}

export function rejectionReply(
  { aibrix, retryAfterSeconds }: Pick<DecisionOptions, 'aibrix' | 'retryAfterSeconds'>,
  request: SchedulingRequest,
  why: Rejection,
): Buffer {
  const reply = rejectReply(why, retryAfterSeconds);
  return aibrix === undefined ? reply : aibrix.amendRejection(reply, request, why);
}

/**
 * The state of an exchange with a decision.
 *
 * @param watched what Envoy was asked to send of the response; undefined: nothing yet
 */
export function beginRoute(
  shared: Pick<DecisionOptions, 'aibrix' | 'echoesServed' | 'signals'>,
  request: SchedulingRequest,
  decision: Reserved,
  arrivedMs: number,
  watched?: ResponseWatch,
): RoutedState {
  const { endpoint, reservation } = decision;
  const needsHeaders = leastWatched(shared, request) !== 'none';
  const watch = watched ?? (needsHeaders ? 'headers' : undefined);
  const signal = shared.signals?.begin(endpoint.address, arrivedMs, watch);
  const clientHeaders = clientHeadersOf(shared, request, decision);
  return { kind: 'routed', reservation, signal, needsHeaders, clientHeaders };
}

/** undefined: the client gets none with its response. */
function clientHeadersOf(
  { aibrix }: Pick<DecisionOptions, 'aibrix'>,
  request: SchedulingRequest,
  decision: Reserved,
): Routed['clientHeaders'] {
  const { explanation } = decision;
  if (explanation === undefined && aibrix === undefined) return undefined;
  const explained: readonly HeaderPair[] = explanation === undefined ? [] : [[explainHeader, explanation]];
  return aibrix === undefined ? explained : [...explained, ...aibrix.clientHeaders(request, decision)];
}

/** What has to come of the response, besides what the signals need. */
export function leastWatched(
  { aibrix, echoesServed }: Pick<DecisionOptions, 'aibrix' | 'echoesServed'>,
  { isExplained }: SchedulingRequest,
): 'none' | 'headers' {
  return echoesServed || aibrix !== undefined || isExplained === true ? 'headers' : 'none';
}
