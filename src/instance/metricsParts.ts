import type { EndpointReport } from '../admin/state.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { DynamicConfig } from '../dynamic/dynamicConfig.ts';
import { splitHostPort } from '../hostPort.ts';
import { isFit } from '../phase.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import { EngineRates } from '../signals/readings/engineRates.ts';
import { PodMetricsReader } from '../signals/readings/podMetricsReader.ts';
import { freshMs, type PodReadings } from '../signals/readings/podReadings.ts';
import { metricsAgent, requestMetrics } from '../signals/readings/requestMetrics.ts';
import { SharedReadings } from '../signals/readings/sharedReadings.ts';
import type { Log } from '../telemetry/log.ts';
import type { InstanceMetrics } from './instruments.ts';
import type { SharedParts } from './sharedParts.ts';
import type { SkippedRecords } from './skippedRecords.ts';

/** What pods say of themselves. */
export interface MetricsParts {
  readonly podMetrics: PodMetricsReader;
  readonly rates: EngineRates;
  /** undefined: there are no other instances to share with. */
  readonly shared: SharedReadings | undefined;
}

export interface MetricsPartsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly dynamic: DynamicConfig;
  readonly pool: CompositePool;
  readonly sharing: SharedParts;
  readonly skipped: SkippedRecords;
}

/** A pod that answers later than this is taken not to answer. */
const timeoutMs = 2_000;
const leastWriteIntervalMs = 50;
/** Of the writes that all instances may make for their counts. */
const shareOfWrites = 1 / 5;

/** Not started yet: something has to need the readings. */
export function createMetricsParts(options: MetricsPartsOptions): MetricsParts {
  const { config, log, metrics, pool, sharing } = options;
  const { path } = config.signals.metrics;
  const agent = metricsAgent();
  const localId = config.instance.id;
  const podMetrics = new PodMetricsReader({
    localId,
    ask: (address, signal) => requestMetrics({ ...splitHostPort(address), path, timeoutMs, signal }, agent),
    addresses: () => pool.addresses,
    askers: () => askersAmong(sharing, localId),
    onOn: () => {
      log.info({ event: 'pod-metrics.on', path }, 'pods are asked for their metrics');
      if (sharing.kind === 'etcd') sharing.ledger.announce();
    },
    onOutcome: (endpoint, outcome) => {
      metrics.podMetricsRead.add(outcome);
      if (outcome === 'read') return;
      log.debug(
        { event: 'pod-metrics.failed', endpoint, failure: outcome },
        'metrics of an endpoint not read',
      );
    },
    clock: systemClock,
    random: Math.random,
  });
  const rates = new EngineRates();
  podMetrics.readings.onReading((address, { reading, atMs }, before) =>
    rates.onReading(address, reading, before?.reading, atMs),
  );
  if (sharing.kind === 'memory') return { podMetrics, rates, shared: undefined };
  const shared = createSharedReadings(options, sharing, podMetrics.readings);
  podMetrics.shareBy(shared);
  return { podMetrics, rates, shared };
}

function createSharedReadings(
  { config, dynamic, pool, skipped }: MetricsPartsOptions,
  { ledger, store }: Extract<SharedParts, { kind: 'etcd' }>,
  readings: PodReadings,
): SharedReadings {
  return new SharedReadings({
    localId: config.instance.id,
    store,
    readings,
    minIntervalMs: () => {
      const perSecond = dynamic.config.sync.writesPerSecond * shareOfWrites;
      return Math.max(leastWriteIntervalMs, (1_000 * ledger.instances.size) / perSecond);
    },
    isInPool: (address) => pool.addresses.has(address),
    clock: systemClock,
    onUnreadable: (key, cause) => skipped.unreadable('signals', key, cause),
  });
}

/** Without etcd each instance is alone, and asks all pods. */
function askersAmong(sharing: SharedParts, localId: string): readonly string[] {
  if (sharing.kind === 'memory' || sharing.store.state.kind !== 'joined') return [localId];
  return [...sharing.ledger.instances.values()]
    .filter(({ readsMetrics, phase }) => readsMetrics && (phase === undefined || isFit(phase)))
    .map(({ id }) => id);
}

/** What `/state` shows of what an endpoint says of itself. */
export function readingReport(
  { podMetrics, rates }: MetricsParts,
  address: string,
): EndpointReport['reading'] {
  const known = podMetrics.readings.last(address);
  if (known === undefined) return null;
  const { reading, from, atMs } = known;
  const ageMs = Math.round(systemClock.nowMs() - atMs);
  return {
    engine: reading.engine,
    from,
    ageMs,
    used: ageMs <= freshMs,
    waiting: reading.waiting ?? null,
    running: reading.running ?? null,
    kvUse: reading.kvUse ?? null,
    ...rates.of(address),
  };
}
