import { systemClock } from '../clock.ts';
import { poolConfigs } from '../config/poolInheritance.ts';
import type { Config } from '../config/schema.ts';
import type { LoadedExtensions } from '../extensions/loadExtensions.ts';
import { reportRefusedMessages } from '../extproc/refusedMessages.ts';
import { RepeatedFailures } from '../extproc/repeatedFailures.ts';
import { UnexpectedErrors } from '../extproc/unexpectedErrors.ts';
import { type Phase, phaseOfAll } from '../phase.ts';
import { logWith } from '../telemetry/log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { AdminPort } from './adminPort.ts';
import type { PortHealth } from './host.ts';
import { InstanceDrain } from './instanceDrain.ts';
import { metricsOfPool, metricsOfProcess } from './instruments.ts';
import { createPoolParts, type PoolParts } from './poolParts.ts';
import { createPortParts, type PortParts } from './portParts.ts';
import { ProxyContact } from './proxyContact.ts';

/** The parts of one instance: those of the process, and those of each pool. */
export interface InstanceParts extends PortParts {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly startedAt: Date;
  readonly errors: UnexpectedErrors;
  /** At least one. */
  readonly pools: readonly PoolParts[];
  /** Of the instance: what its port answers to health checks follows from it. */
  readonly phase: () => Phase;
  readonly instanceDrain: InstanceDrain;
  readonly adminPort: AdminPort;
}

/**
 * The composition root of an instance: creates its parts, each from parts that exist already.
 * Nothing is started or connected yet (start.ts, connect.ts).
 *
 * @param portHealth the health of the port, where several instances share it
 * @throws BatonError `extension-invalid`
 */
export function createParts(
  config: Config,
  telemetry: Telemetry,
  portHealth: PortHealth | undefined,
  loaded: LoadedExtensions,
): InstanceParts {
  const { log, trace } = telemetry;
  const ofProcess = telemetry.instruments(metricsOfProcess);
  const startedAt = new Date();
  const errors = new UnexpectedErrors(log, ofProcess);
  const repeatedFailures = new RepeatedFailures(reportRefusedMessages(log, ofProcess));
  const proxy = new ProxyContact(() => systemClock.nowMs());
  const pools: PoolParts[] = [];
  const startups = () => pools.map(({ startup }) => startup);
  for (const one of poolConfigs(config)) {
    const labels = poolLabels(config, one.pool.name);
    const metrics = { ...ofProcess, ...telemetry.instruments(metricsOfPool, labels) };
    const poolLog = config.pools.length === 0 ? log : logWith(log, labels);
    const shared = { trace, startedAt, errors, repeatedFailures, proxy, loaded, startups };
    pools.push(createPoolParts({ ...shared, config: one, log: poolLog, metrics }));
  }
  proxy.follow({ quietMs: () => Math.min(...pools.map(({ exchanges }) => exchanges.quietMs())) });
  proxy.onBegan(() => {
    for (const { sharing } of pools) if (sharing.kind === 'etcd') sharing.steering.onProxyContact();
  });
  const phase = (): Phase => phaseOfAll(pools.map(({ lifecycle }) => lifecycle.phase));
  return {
    ...createPortParts({ config, log, metrics: ofProcess, errors, proxy, pools, phase, portHealth }),
    config,
    telemetry,
    startedAt,
    errors,
    pools,
    phase,
    instanceDrain: new InstanceDrain({
      config,
      pools,
      phase,
      isPortShared: portHealth !== undefined,
      clock: systemClock,
      log,
    }),
    adminPort: new AdminPort(config.admin),
  };
}

/** What tells the metrics of pools apart, where there are several. */
export function poolLabels({ pools }: Config, pool: string): Readonly<Record<string, string>> {
  return pools.length === 0 ? {} : { pool };
}
