import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { waitForDecisions } from './envoyWindows.ts';

/**
 * Longer timeouts of decisions and health checks, so that a slow machine is not taken for a dead
 * scheduler in tests that count what only a dead one may cost.
 */
export function slowHealthChecks(bootstrap: EnvoyBootstrap): void {
  waitForDecisions(bootstrap);
  for (const { health_checks } of bootstrap.static_resources.clusters as unknown as Cluster[]) {
    for (const check of health_checks ?? []) check.timeout = '10s';
  }
}

interface Cluster {
  readonly health_checks?: { timeout: string }[];
}
