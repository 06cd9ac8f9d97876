import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection } from './decision.ts';
import type { Endpoint } from './endpoint.ts';
import { withLabels } from './filters/labels.ts';
import { servingModel } from './filters/model.ts';
import { inSubset } from './filters/subset.ts';

/** The endpoints that a request may go to, or why there are none. */
export type Candidates = readonly Endpoint[] | Rejection;

/**
 * Each filter leaves some endpoints or rejects the request. `slots` are no filter of this kind:
 * they depend on the load.
 *
 * @param ready the endpoints that may be chosen now
 * @param all every endpoint of the pool. Both arrays are new ones after each change.
 */
export function candidatesFor(
  request: SchedulingRequest,
  ready: readonly Endpoint[],
  all: readonly Endpoint[],
): Candidates {
  if (ready.length === 0) return { kind: 'no-ready-endpoint' };
  const { subset, model, labels } = request;
  let candidates: Candidates = inSubset(subset, ready);
  if (isEndpoints(candidates)) candidates = servingModel(model, candidates, all);
  if (isEndpoints(candidates)) candidates = withLabels(labels, candidates);
  return candidates;
}

export function isEndpoints(candidates: Candidates): candidates is readonly Endpoint[] {
  return Array.isArray(candidates);
}
