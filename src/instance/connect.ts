import { isFit } from '../phase.ts';
import { EmptyPoolLog } from './emptyPoolLog.ts';
import type { Host } from './host.ts';
import type { PhaseChange } from './lifecycle.ts';
import type { InstanceParts } from './parts.ts';
import type { PoolParts } from './poolParts.ts';
import { UnusedTraitsLog } from './unusedTraitsLog.ts';

/** Connects the parts of an instance: which part reacts to which change of another one. */
export function connectParts(parts: InstanceParts, host: Host): void {
  const { health, healthPort, pools, telemetry } = parts;
  host.portHealth?.onChange(() => {
    health.changed();
    healthPort.changed();
  });
  // The log is that of the process: one pool of several decides on its level.
  pools[0]?.dynamic.onChange((config) => telemetry.setLogLevel(config.telemetry.logLevel));
  for (const pool of pools) {
    pool.lifecycle.onChange((change) => onPhaseChange(parts, pool, host, change));
    connectPool(pool);
  }
}

function connectPool(parts: PoolParts): void {
  const { dynamic, lifecycle, log, metricsParts, pool, sharing, signals, startup } = parts;
  dynamic.onChange(() => {
    if (sharing.kind === 'etcd') sharing.ledger.writeBudgetChanged();
    turnOnMetrics(parts);
  });
  turnOnMetrics(parts);
  if (sharing.kind === 'etcd') sharing.ledger.onInstanceChange(() => metricsParts.podMetrics.changed());
  const unusedTraitsLog = new UnusedTraitsLog(parts.config, log);
  const emptyPoolLog = new EmptyPoolLog(log, parts.events);
  lifecycle.onChange(({ to }) => emptyPoolLog.evaluate(to, pool));
  pool.onChange(() => {
    emptyPoolLog.evaluate(lifecycle.phase, pool);
    unusedTraitsLog.onPoolChange(pool);
    signals.podSignals?.keep(pool.addresses);
    // Before that the pool may be incomplete.
    if (lifecycle.phase !== 'starting') parts.prompts.placed.keep(pool.addresses);
    metricsParts.podMetrics.readings.keep(pool.addresses);
    metricsParts.rates.keep(pool.addresses);
    metricsParts.podMetrics.changed();
    parts.prompts.hits.keep(pool.addresses);
    parts.readingLoad.keep(pool.addresses);
    parts.left.keep(pool.addresses);
    if (sharing.kind === 'etcd') sharing.steering.onEndpointsChange();
    startup.evaluate();
  });
}

/** Where the configuration, dynamic or not, needs what pods say of themselves. */
function turnOnMetrics({ config, dynamic, extensions, metricsParts }: PoolParts): void {
  const { read } = config.signals.metrics;
  const isNeeded = extensions.policies.named(dynamic.config.scheduling.policy)?.reads?.includes('prompt');
  if (read === 'always' || (read === 'needed' && isNeeded)) metricsParts.podMetrics.turnOn();
}

function onPhaseChange(
  { health, healthPort, phase }: InstanceParts,
  { events, log, sharing, startedAt }: PoolParts,
  host: Host,
  { from, to, reason }: PhaseChange,
): void {
  log.info({ event: 'phase.changed', from, to, reason }, 'phase changed');
  if (from === 'starting' && isFit(to)) {
    const tookMs = Date.now() - startedAt.getTime();
    log.info({ event: 'startup.completed', phase: to, tookMs }, 'startup complete');
  }
  events.add('phase', `${from} → ${to}: ${reason}`, { from, to });
  health.changed();
  healthPort.changed();
  host.reportPhase(phase());
  if (sharing.kind === 'memory') return;
  // The record follows the phase. If this write fails, the next join writes it.
  sharing.ledger.announce();
  sharing.steering.evaluate();
}
