import { countsByInstance } from './countsByInstance.ts';
import { endpointValues } from './endpointReports.ts';
import type { Host } from './host.ts';
import { instanceGauges, instanceSeries } from './instruments.ts';
import { warnOfLoopback } from './loopbackWarning.ts';
import { operatorSource } from './operatorActions.ts';
import type { InstanceParts } from './parts.ts';
import { sessionListeners } from './sessionListeners.ts';
import { instanceState, measuredState } from './state.ts';

/**
 * Starts the parts of an instance. Ports are opened first, so that a port in use is reported at
 * once; the instance becomes ready later, by itself (startup.ts).
 *
 * @throws BatonError `listen-failed`, or the error of a pool source that cannot start
 */
export async function start(parts: InstanceParts, host: Host): Promise<void> {
  const { adminPort, consistencyCheck, events, grpcServer, healthPort, pool, sharing } = parts;
  const { startup, telemetry } = parts;
  telemetry.observe(() => measuredState(parts), instanceGauges);
  telemetry.observeEach(() => endpointValues(parts), instanceSeries);
  startup.onListening(await host.open(grpcServer));
  await healthPort.open();
  await adminPort.open({
    readiness: () => startup.readiness(),
    state: () => instanceState(parts),
    metricsText: (accept) => telemetry.metricsText(accept),
    events,
    countsByInstance: () => countsByInstance(parts),
    decisions: (last) => parts.decisionWatch.report(last),
    explain: parts.explainRequest,
    operator: operatorSource(parts, host),
  });
  telemetry.log.info(
    {
      event: 'instance.listening',
      addresses: startup.addresses,
      admin: adminPort.address,
      health: healthPort.address,
      store: sharing.kind,
    },
    'listening, not ready yet',
  );
  // With workers, their parent warns.
  if (host.portHealth === undefined) for (const one of startup.addresses) warnOfLoopback(one, telemetry.log);
  const poolStarted = pool.start();
  if (sharing.kind === 'etcd') {
    sharing.store.start(sessionListeners(parts, sharing));
    parts.prompts.shared?.start();
    startup.startStoreWait();
    sharing.pauseDetector.start();
  }
  consistencyCheck.start();
  await poolStarted;
  startup.startEndpointWait();
  startup.evaluate();
}
