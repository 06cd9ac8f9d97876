import { EventLog } from '../admin/eventLog.ts';
import { systemClock } from '../clock.ts';
import type { PoolConfig } from '../config/poolInheritance.ts';
import type { Config } from '../config/schema.ts';
import { DynamicConfig } from '../dynamic/dynamicConfig.ts';
import type { PublishedPool } from '../eds/assignmentPublisher.ts';
import type { LoadedExtensions } from '../extensions/loadExtensions.ts';
import { LeftRequests } from '../extproc/fullDuplex/leftRequests.ts';
import type { RepeatedFailures } from '../extproc/repeatedFailures.ts';
import type { UnexpectedErrors } from '../extproc/unexpectedErrors.ts';
import { ConsistencyCheck } from '../ledger/consistencyCheck.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import { openPool } from '../pool/openPool.ts';
import { ModelAliases } from '../scheduling/modelAliases.ts';
import { ReadingLoad } from '../signals/readings/readingLoad.ts';
import type { Log } from '../telemetry/log.ts';
import type { ScheduleTrace } from '../telemetry/scheduleTrace.ts';
import { createDecisionParts, type DecisionParts } from './decisionParts.ts';
import { endpointEvents } from './endpointEvents.ts';
import { createExtensionParts, type ExtensionParts } from './extensionParts.ts';
import type { InstanceMetrics } from './instruments.ts';
import { Lifecycle } from './lifecycle.ts';
import { createMetricsParts, type MetricsParts } from './metricsParts.ts';
import { createPromptParts, type PromptParts } from './promptParts.ts';
import type { ProxyContact } from './proxyContact.ts';
import { publishedEndpoints } from './publishedEndpoints.ts';
import { createSharedParts, type SharedParts } from './sharedParts.ts';
import { createSignalParts, type SignalParts } from './signalParts.ts';
import { SkippedRecords } from './skippedRecords.ts';
import { Startup } from './startup.ts';
import { StoreLog } from './storeLog.ts';

/**
 * The parts that each pool of an instance has of its own: endpoints, counts and records in etcd,
 * decisions, and the phase that its records say.
 */
export interface PoolParts extends DecisionParts {
  /** As this pool sees it. */
  readonly config: PoolConfig;
  /** Its lines name the pool where there are several. */
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly events: EventLog;
  readonly startedAt: Date;
  readonly lifecycle: Lifecycle;
  /** `config` with the settings that the pool's dynamic configuration overrides. */
  readonly dynamic: DynamicConfig;
  readonly pool: CompositePool;
  readonly published: PublishedPool;
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
}

export interface PoolPartsOptions {
  readonly config: PoolConfig;
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly trace: ScheduleTrace;
  readonly startedAt: Date;
  readonly errors: UnexpectedErrors;
  readonly repeatedFailures: RepeatedFailures;
  readonly proxy: ProxyContact;
  readonly loaded: LoadedExtensions;
  /** Of all pools of the instance: they leave phase `starting` together. */
  readonly startups: () => readonly Startup[];
}

/**
 * Each part from parts that exist already. Nothing is started or connected yet.
 *
 * @throws BatonError `extension-invalid`
 */
export function createPoolParts(options: PoolPartsOptions): PoolParts {
  const { config, loaded, log, metrics, startups } = options;
  const clock = systemClock;
  const events = new EventLog({ now: () => new Date() });
  const lifecycle = new Lifecycle(clock);
  const dynamic = new DynamicConfig({ own: config, events, log, metrics });
  const skipped = new SkippedRecords({ log, metrics, nowMs: () => clock.nowMs() });
  const isPoolInStore = config.pool.etcd && config.etcd.endpoints.length > 0;
  const aliases = createAliases(config);
  const pool = openPool(
    { ...config.pool, etcd: isPoolInStore },
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
  const base = { ...options, events, lifecycle, dynamic, pool, skipped };
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
  const fed = { aliases, sharing, signals, prompts, extensions, left };
  const decisions = createDecisionParts({ ...base, ...fed });
  const { exchanges } = decisions;
  return {
    ...base,
    ...decisions,
    published: { isKnown: () => pool.isKnown, endpoints: () => publishedEndpoints(pool, signals) },
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
      isPoolInStore,
      clock,
      together: startups,
    }),
  };
}

/** undefined: neither the configuration nor the cluster can name one, so no request is asked. */
function createAliases({ pool, scheduling }: Config): ModelAliases | undefined {
  const { modelAliases } = scheduling;
  const canBe = Object.keys(modelAliases).length > 0 || pool.kubernetes.modelRewrites;
  return canBe ? new ModelAliases(modelAliases, Math.random) : undefined;
}
