import type { Rejection } from '../decision.ts';
import type { Endpoint } from '../endpoint.ts';

/**
 * The endpoints that serve the model. One that lists no models may serve any.
 *
 * @param all every endpoint of the pool, for the reason when there is none
 */
export function servingModel(
  model: string | undefined,
  endpoints: readonly Endpoint[],
  all: readonly Endpoint[],
): readonly Endpoint[] | Rejection {
  if (model === undefined) return endpoints;
  const serves = ({ models }: Endpoint): boolean => models.length === 0 || models.includes(model);
  const serving = endpoints.filter(serves);
  if (serving.length > 0) return serving;
  return { kind: all.some(serves) ? 'model-not-ready' : 'unknown-model', model };
}
