import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { waitForDecisions } from './envoyWindows.ts';

/**
 * Envoy with more time for each answer, of decisions and of health checks, so that a slow machine
 * is not taken for a dead scheduler where a test counts what only a dead one may cost.
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
