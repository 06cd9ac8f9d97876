import type { Endpoint } from '../scheduling/endpoint.ts';
import { traitsOf } from '../scheduling/traits.ts';
import { isZoneLabel } from '../scheduling/zone.ts';
import type { Config } from './schema.ts';

/**
 * Traits that somebody gave to endpoints and that nothing reads: one sentence each. A zone is read
 * where alternates are drawn, and by Envoy. The pods of a cluster have labels for others to read.
 */
export function unusedTraits(
  { scheduling, pool }: Pick<Config, 'scheduling' | 'pool'>,
  endpoints: readonly Endpoint[],
): readonly string[] {
  const { labelHeader, modelHeaders } = scheduling;
  const { inferencePool, selector } = pool.kubernetes;
  const isFromCluster = inferencePool !== undefined || selector !== undefined;
  const { labels, models, modelsDiffer } = traitsOf(endpoints);
  const unused: string[] = [];
  if (labels && labelHeader === undefined && !isFromCluster && endpoints.some(hasMoreThanZone)) {
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

function hasMoreThanZone({ labels }: Endpoint): boolean {
  return Object.keys(labels).some((label) => !isZoneLabel(label));
}
