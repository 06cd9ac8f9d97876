import type { Endpoint } from './endpoint.ts';

/** Which optional traits some endpoints of a list have. What none has costs no request anything. */
export interface Traits {
  readonly models: boolean;
  /** Not all of them serve the same models, so that the model of a request decides. */
  readonly modelsDiffer: boolean;
  readonly labels: boolean;
}

/** By the array of endpoints, which is replaced at each change. */
const known = new WeakMap<readonly Endpoint[], Traits>();

export function traitsOf(endpoints: readonly Endpoint[]): Traits {
  let traits = known.get(endpoints);
  if (traits === undefined) {
    traits = {
      models: endpoints.some(({ models }) => models.length > 0),
      modelsDiffer: new Set(endpoints.map(({ models }) => JSON.stringify(models.toSorted()))).size > 1,
      labels: endpoints.some(({ labels }) => Object.keys(labels).length > 0),
    };
    known.set(endpoints, traits);
  }
  return traits;
}
