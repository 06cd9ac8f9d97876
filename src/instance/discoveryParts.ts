import type { Config } from '../config/schema.ts';
import { DiscoveryServices } from '../eds/discoveryServices.ts';
import type { PublishedEndpoint, PublishedHealth } from '../eds/lbEndpoint.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import type { Log } from '../telemetry/log.ts';
import type { InstanceMetrics } from './instruments.ts';
import { type SignalParts, usedEndpoints } from './signalParts.ts';

export interface DiscoveryPartsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly pool: CompositePool;
  readonly signals: SignalParts;
}

/** The pool as Envoy's clusters get it: healthy is what decisions use. */
export function createDiscovery(options: DiscoveryPartsOptions): DiscoveryServices {
  const { config, log, metrics, pool, signals } = options;
  const clusters = config.eds.clusters.length > 0 ? config.eds.clusters : [config.pool.name];
  const discovery = new DiscoveryServices({
    pool: { isKnown: () => pool.isKnown, endpoints: () => publishedEndpoints(pool, signals) },
    clusters,
    log,
    metrics,
  });
  let excluded = signals.quarantine.quarantined();
  signals.podSignals?.onChange(() => {
    const now = signals.quarantine.quarantined();
    if (now !== excluded) discovery.changed();
    excluded = now;
  });
  pool.onChange(() => discovery.changed());
  discovery.changed();
  return discovery;
}

function publishedEndpoints(pool: CompositePool, { quarantine }: SignalParts): PublishedEndpoint[] {
  const ready = pool.ready();
  const used = new Set(usedEndpoints(ready, quarantine));
  const isReady = new Set(ready);
  return pool.all().map((endpoint) => {
    const hasVerdict = isReady.has(endpoint) || pool.faultOf(endpoint.address) !== undefined;
    const health: PublishedHealth = used.has(endpoint) ? 'healthy' : hasVerdict ? 'unhealthy' : 'unknown';
    return { endpoint, health };
  });
}
