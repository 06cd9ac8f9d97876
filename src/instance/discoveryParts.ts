import { DiscoveryServices } from '../eds/discoveryServices.ts';
import type { Log } from '../telemetry/log.ts';
import type { ProcessMetrics } from './instruments.ts';
import type { PoolParts } from './poolParts.ts';

/** The pools as Envoy's clusters get them: healthy is what decisions use. */
export function createDiscovery(
  pools: readonly PoolParts[],
  log: Log,
  metrics: ProcessMetrics,
): DiscoveryServices {
  const discovery = new DiscoveryServices({
    pools: pools.map(({ config, published }) => ({
      pool: published,
      clusters: config.eds.clusters.length > 0 ? config.eds.clusters : [config.pool.name],
    })),
    log,
    metrics,
  });
  for (const { pool, published, signals } of pools) {
    let excluded = signals.quarantine.quarantined();
    signals.podSignals?.onChange(() => {
      const now = signals.quarantine.quarantined();
      if (now !== excluded) discovery.changed(published);
      excluded = now;
    });
    pool.onChange(() => discovery.changed(published));
    discovery.changed(published);
  }
  return discovery;
}
