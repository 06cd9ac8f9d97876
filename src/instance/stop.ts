import type { InstanceParts } from './parts.ts';
import type { PoolParts } from './poolParts.ts';

/** How long clients may take to leave closed connections before these are cut. */
const closeTimeoutMs = 1_000;

/** Stops the parts of an instance in the reverse order of their start. */
export async function stop(parts: InstanceParts): Promise<void> {
  const { adminPort, discovery, grpcServer, healthPort, pools } = parts;
  await Promise.all(pools.map(leaveOthers));
  await grpcServer.close(closeTimeoutMs);
  await discovery.stop();
  for (const { decisionWatch, signals } of pools) {
    decisionWatch.stop();
    signals.podSignals?.stop();
  }
  await Promise.all(pools.map(({ pool }) => pool.stop()));
  await healthPort.close();
  await adminPort.close();
}

/** Ends what a pool shares with the other instances. */
async function leaveOthers(parts: PoolParts): Promise<void> {
  const { consistencyCheck, lifecycle, metricsParts, prompts, sharing, signals, startup } = parts;
  startup.stop();
  // Any other phase means that no drain came before.
  if (lifecycle.phase !== 'stopped') lifecycle.moveTo('stopped', 'the start failed');
  await consistencyCheck.stop();
  await metricsParts.podMetrics.stop();
  if (sharing.kind === 'memory') return;
  sharing.pauseDetector.stop();
  sharing.steering.stop();
  await signals.shared?.stop();
  await prompts.shared?.stop();
  await sharing.ledger.stop();
  await sharing.store.stop();
}
