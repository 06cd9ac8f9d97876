import type { InstanceParts } from './parts.ts';

/** How long clients may take to leave closed connections before these are cut. */
const closeTimeoutMs = 1_000;

/** Stops the parts of an instance in the reverse order of their start. */
export async function stop(parts: InstanceParts): Promise<void> {
  const {
    adminPort,
    consistencyCheck,
    decisionWatch,
    discovery,
    grpcServer,
    healthPort,
    lifecycle,
    metricsParts,
    pool,
    prompts,
    sharing,
    signals,
    startup,
  } = parts;
  startup.stop();
  // Any other phase means that no drain came before.
  if (lifecycle.phase !== 'stopped') lifecycle.moveTo('stopped', 'the start failed');
  await consistencyCheck.stop();
  await metricsParts.podMetrics.stop();
  if (sharing.kind === 'etcd') {
    sharing.pauseDetector.stop();
    sharing.steering.stop();
    await signals.shared?.stop();
    await prompts.shared?.stop();
    await sharing.ledger.stop();
    await sharing.store.stop();
  }
  await grpcServer.close(closeTimeoutMs);
  await discovery.stop();
  decisionWatch.stop();
  signals.podSignals?.stop();
  await pool.stop();
  await healthPort.close();
  await adminPort.close();
}
