import type { Endpoint } from '../endpoint.ts';
import type { Candidates, Filter, FilterContext } from '../filter.ts';
import { nearModels } from '../nearModels.ts';

export const modelFilter: Filter = {
  name: 'model',
  summary: 'leaves the endpoints that serve the model of the request; one that lists no models may serve any',
  apply({ model }, endpoints, context) {
    return model === undefined ? endpoints : servingModel(model, endpoints, context);
  },
};

/** @param context every endpoint of the pool, for the reason when there is none */
function servingModel(model: string, endpoints: readonly Endpoint[], context: FilterContext): Candidates {
  const serves = ({ models }: Endpoint): boolean => models.length === 0 || models.includes(model);
  const serving = endpoints.filter(serves);
  if (serving.length > 0) return serving;
  const all = context.all();
  if (all.some(serves)) return { kind: 'model-not-ready', model };
  return { kind: 'unknown-model', model, near: nearModels(model, all, context.aliases) };
}
