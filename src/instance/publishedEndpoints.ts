import type { PublishedEndpoint, PublishedHealth } from '../eds/lbEndpoint.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import { type SignalParts, usedEndpoints } from './signalParts.ts';

/** A pool for endpoint discovery: healthy is what decisions use. */
export function publishedEndpoints(pool: CompositePool, { quarantine }: SignalParts): PublishedEndpoint[] {
  const ready = pool.ready();
  const used = new Set(usedEndpoints(ready, quarantine));
  const isReady = new Set(ready);
  return pool.all().map((endpoint) => {
    const hasVerdict = isReady.has(endpoint) || pool.faultOf(endpoint.address) !== undefined;
    const health: PublishedHealth = used.has(endpoint) ? 'healthy' : hasVerdict ? 'unhealthy' : 'unknown';
    return { endpoint, health };
  });
}
