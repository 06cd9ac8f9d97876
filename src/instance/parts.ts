import { EventLog } from '../admin/eventLog.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import { DynamicConfig } from '../dynamic/dynamicConfig.ts';
import type { LoadedExtensions } from '../extensions/loadExtensions.ts';
import { LeftRequests } from '../extproc/fullDuplex/leftRequests.ts';
import { UnexpectedErrors } from '../extproc/unexpectedErrors.ts';
import { ConsistencyCheck } from '../ledger/consistencyCheck.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import { openPool } from '../pool/openPool.ts';
import { ModelAliases } from '../scheduling/modelAliases.ts';
import { ReadingLoad } from '../signals/readings/readingLoad.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { AdminPort } from './adminPort.ts';
import { createEdgeParts, type EdgeParts } from './edgeParts.ts';
import { endpointEvents } from './endpointEvents.ts';
import { createExtensionParts, type ExtensionParts } from './extensionParts.ts';
import type { PortHealth } from './host.ts';
import { InstanceDrain } from './instanceDrain.ts';
import { type InstanceMetrics, instanceMetrics } from './instruments.ts';
import { Lifecycle } from './lifecycle.ts';
import { createMetricsParts, type MetricsParts } from './metricsParts.ts';
import { createPromptParts, type PromptParts } from './promptParts.ts';
import { ProxyContact } from './proxyContact.ts';
import { createSharedParts, type SharedParts } from './sharedParts.ts';
import { createSignalParts, type SignalParts } from './signalParts.ts';
import { SkippedRecords } from './skippedRecords.ts';
import { Startup } from './startup.ts';
import { StoreLog } from './storeLog.ts';

/** The parts of one instance. */
export interface InstanceParts extends EdgeParts {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly metrics: InstanceMetrics;
  readonly startedAt: Date;
  readonly events: EventLog;
  readonly errors: UnexpectedErrors;
  readonly lifecycle: Lifecycle;
  /** `config` with the settings that the pool's dynamic configuration overrides. */
  readonly dynamic: DynamicConfig;
  readonly pool: CompositePool;
  readonly sharing: SharedParts;
  readonly metricsParts: MetricsParts;
  readonly left: LeftRequests;
  readonly readingLoad: ReadingLoad;
  readonly signals: SignalParts;
  readonly prompts: PromptParts;
  readonly extensions: ExtensionParts;
  readonly skipped: SkippedRecords;
  readonly storeLog: StoreLog;
  readonly consistencyCheck: ConsistencyCheck;
  readonly startup: Startup;
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
  const metrics = telemetry.instruments(instanceMetrics);
  const clock = systemClock;
  const startedAt = new Date();
  const events = new EventLog({ now: () => new Date() });
  const errors = new UnexpectedErrors(log, metrics);
  const lifecycle = new Lifecycle(clock);
  const dynamic = new DynamicConfig({ own: config, events, log, metrics });
  const skipped = new SkippedRecords({ log, metrics, nowMs: () => clock.nowMs() });
  const proxy = new ProxyContact(() => clock.nowMs());
  const hasStore = config.etcd.endpoints.length > 0;
  const aliases = createAliases(config);
  const pool = openPool(
    { ...config.pool, etcd: config.pool.etcd && hasStore },
    {
      log,
      metrics,
      onVerdict: endpointEvents(events),
      onAliases: (table) => aliases?.add(table),
      onSkipped: (kind, key, cause) => skipped.unreadable(kind, key, cause),
      onPanic: (panic) =>
        events.add('pool', panic ? 'panic: endpoints that fail their probes stay in use' : 'panic over', {
          ...panic,
        }),
    },
  );
  const base = { config, log, metrics, events, errors, startedAt, lifecycle, dynamic, pool, skipped, proxy };
  const readsMetrics = (): boolean => metricsParts.podMetrics.isOn;
  const sharing = createSharedParts({ ...base, readsMetrics });
  const metricsParts = createMetricsParts({ ...base, sharing });
  const { read } = config.signals.metrics;
  const left = new LeftRequests(config.gateway.leftRequestMs, clock, () => {
    if (read !== 'never') metricsParts.podMetrics.giveLoad();
  });
  const { readings } = metricsParts.podMetrics;
  const readingLoad = new ReadingLoad({ load: sharing.ledger, readings, assumed: left, nowMs: clock.nowMs });
  const signals = createSignalParts({ ...base, sharing, load: readingLoad });
  const prompts = createPromptParts({ ...base, sharing, readings });
  const extensions = createExtensionParts(config, loaded, { ...base, placed: prompts.placed, readings });
  const fed = { aliases, trace, sharing, signals, prompts, extensions, left, portHealth };
  const edge = createEdgeParts({ ...base, ...fed });
  const { exchanges } = edge;
  proxy.follow(exchanges);
  if (sharing.kind === 'etcd') proxy.onBegan(() => sharing.steering.onProxyContact());
  return {
    ...base,
    ...edge,
    telemetry,
    sharing,
    metricsParts,
    left,
    readingLoad,
    signals,
    prompts,
    extensions,
    storeLog: new StoreLog(log, metrics, events),
    consistencyCheck: new ConsistencyCheck({
      sharing,
      localId: config.instance.id,
      reserved: () => exchanges.reserved(),
      intervalMs: config.consistency.intervalMs,
      timeoutMs: config.etcd.leaseTtlSeconds * 1000,
      clock,
      onDifferences: (differences) => events.add('consistency', 'counts were wrong', { differences }),
      log,
      metrics,
    }),
    startup: new Startup({
      lifecycle,
      pool,
      sharing,
      ...config.startup,
      isPoolInStore: config.pool.etcd && hasStore,
      clock,
    }),
    instanceDrain: new InstanceDrain({
      config,
      lifecycle,
      exchanges,
      sharing,
      isPortShared: portHealth !== undefined,
      clock,
      events,
      log,
    }),
    adminPort: new AdminPort(config.admin),
  };
}

/** undefined: neither the configuration nor the cluster can name one, so no request is asked. */
function createAliases({ pool, scheduling }: Config): ModelAliases | undefined {
  const { modelAliases } = scheduling;
  const canBe = Object.keys(modelAliases).length > 0 || pool.kubernetes.modelRewrites;
  return canBe ? new ModelAliases(modelAliases, Math.random) : undefined;
}
