import type { PoolSources } from '../admin/server.ts';
import { countsByInstance } from './countsByInstance.ts';
import { endpointValues } from './endpointReports.ts';
import { explainForPool } from './explainForPool.ts';
import type { Host } from './host.ts';
import { instanceSeries, poolStateGauges, processGauges } from './instruments.ts';
import { warnOfLoopback } from './loopbackWarning.ts';
import { operatorSources } from './operatorActions.ts';
import { type InstanceParts, poolLabels } from './parts.ts';
import type { PoolParts } from './poolParts.ts';
import { instanceReadiness } from './readiness.ts';
import { sessionListeners } from './sessionListeners.ts';
import { instanceState, measuredState, processState } from './state.ts';

/**
 * Starts the parts of an instance. Ports are opened first, so that a port in use is reported at
 * once; the instance becomes ready later, by itself (startup.ts).
 *
 * @throws BatonError `listen-failed`, or the error of a pool source that cannot start
 */
export async function start(parts: InstanceParts, host: Host): Promise<void> {
  const { adminPort, config, grpcServer, healthPort, pools, telemetry } = parts;
  telemetry.observe(() => processState(parts), processGauges);
  for (const pool of pools) {
    const labels = poolLabels(config, pool.config.pool.name);
    telemetry.observe(() => measuredState(parts, pool), poolStateGauges, labels);
    telemetry.observeEach(() => endpointValues(pool), instanceSeries, labels);
  }
  const address = await host.open(grpcServer);
  for (const { startup } of pools) startup.onListening(address);
  await healthPort.open();
  const operatorOf = operatorSources(parts, host);
  const sources = new Map(
    pools.map((pool) => [pool.config.pool.name, { ...sourcesOf(parts, pool), operator: operatorOf(pool) }]),
  );
  const [first] = sources.values();
  if (first === undefined) throw new Error('an instance has at least one pool');
  await adminPort.open({
    ...first,
    explain: explainForPool(pools),
    readiness: () => instanceReadiness(pools),
    metricsText: (accept) => telemetry.metricsText(accept),
    pools: sources,
  });
  telemetry.log.info(
    {
      event: 'instance.listening',
      addresses: [address],
      admin: adminPort.address,
      health: healthPort.address,
      store: pools[0]?.sharing.kind,
    },
    'listening, not ready yet',
  );
  // With workers, their parent warns.
  if (host.portHealth === undefined) warnOfLoopback(address, telemetry.log);
  await Promise.all(pools.map(startPool));
}

async function startPool(parts: PoolParts): Promise<void> {
  const { consistencyCheck, pool, prompts, sharing, startup } = parts;
  const poolStarted = pool.start();
  if (sharing.kind === 'etcd') {
    sharing.store.start(sessionListeners(parts, sharing));
    prompts.shared?.start();
    startup.startStoreWait();
    sharing.pauseDetector.start();
  }
  consistencyCheck.start();
  await poolStarted;
  startup.startEndpointWait();
  startup.evaluate();
}

function sourcesOf(parts: InstanceParts, pool: PoolParts): Omit<PoolSources, 'operator'> {
  return {
    state: () => instanceState(parts, pool),
    events: pool.events,
    countsByInstance: () => countsByInstance(pool),
    decisions: (last) => pool.decisionWatch.report(last),
    explain: pool.explainRequest,
  };
}
