import type { Endpoint } from '../scheduling/endpoint.ts';
import { traitsOf } from '../scheduling/traits.ts';
import type { Config } from './schema.ts';

/** Traits that some endpoints have and that no decision reads: one sentence each. */
export function unusedTraits(
  { labelHeader, modelHeaders }: Config['scheduling'],
  endpoints: readonly Endpoint[],
): readonly string[] {
  const { labels, models } = traitsOf(endpoints);
  const unused: string[] = [];
  if (labels && labelHeader === undefined) {
    unused.push(
      'endpoints have labels, but no request can select by them: scheduling.labelHeader is not set',
    );
  }
  if (models && modelHeaders.length === 0) {
    unused.push('endpoints list models, but no request names one: scheduling.modelHeaders is empty');
  }
  return unused;
}
