import type { Endpoint } from '../scheduling/endpoint.ts';
import { traitsOf } from '../scheduling/traits.ts';
import type { Config } from './schema.ts';

/** Traits that some endpoints have and that no decision reads: one sentence each. */
export function unusedTraits(
  { labelHeader, modelHeaders }: Config['scheduling'],
  endpoints: readonly Endpoint[],
): readonly string[] {
  const { labels, models, modelsDiffer } = traitsOf(endpoints);
  const unused: string[] = [];
  if (labels && labelHeader === undefined) {
    unused.push(
      'endpoints have labels, but no request can select by them: scheduling.labelHeader is not set',
    );
  }
  // Where they differ, the body names the model.
  if (models && !modelsDiffer && modelHeaders.length === 0) {
    unused.push(
      'all endpoints list the same models, so nothing reads them: scheduling.modelHeaders is empty',
    );
  }
  return unused;
}
