import { discoveryGauges, discoveryMetrics } from '../eds/metrics.ts';
import { etcdGauges, etcdMetrics } from '../etcd/metrics.ts';
import { connectionGauges, extprocGauges, extprocMetrics } from '../extproc/metrics.ts';
import {
  consistencyGauges,
  handoffGauges,
  ledgerMetrics,
  loadSeries,
  peerGauges,
  storeGauges,
} from '../ledger/metrics.ts';
import { endpointSeries, panicGauges, poolGauges, poolMetrics } from '../pool/metrics.ts';
import { sharingGauges, sharingMetrics } from '../prefixSharing/metrics.ts';
import { biasSeries, countedGauges, signalGauges, signalMetrics } from '../signals/metrics.ts';
import { steeringGauges } from '../steering/metrics.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { type GaugeMetric, gaugesOf, type SeriesMetric } from '../telemetry/metric.ts';
import type { EndpointValues, MeasuredState, ProcessState } from './measuredState.ts';
import { drainGauges, lifeGauges, lifeMetrics } from './metrics.ts';

const { connectionsLimited, messagesRefused, streamsWithoutPool, unexpectedErrors, ...exchangeMetrics } =
  extprocMetrics;

/** What the parts of the process raise. */
export const metricsOfProcess = {
  ...discoveryMetrics,
  connectionsLimited,
  messagesRefused,
  streamsWithoutPool,
  unexpectedErrors,
};

/** What the parts of each pool raise. */
export const metricsOfPool = {
  ...lifeMetrics,
  ...exchangeMetrics,
  ...etcdMetrics,
  ...ledgerMetrics,
  ...poolMetrics,
  ...signalMetrics,
  ...sharingMetrics,
};
export type ProcessMetrics = Instruments<typeof metricsOfProcess>;
export type InstanceMetrics = ProcessMetrics & Instruments<typeof metricsOfPool>;

/** The gauges of the process, read from what `/state` answers with: their numbers agree. */
export const processGauges: readonly GaugeMetric<ProcessState>[] = [
  ...gaugesOf('drain', drainGauges),
  ...gaugesOf('connections', connectionGauges),
  ...gaugesOf('discovery', discoveryGauges),
];

/** The gauges of a pool. */
export const poolStateGauges: readonly GaugeMetric<MeasuredState>[] = [
  ...gaugesOf('instance', lifeGauges),
  ...gaugesOf('streams', extprocGauges),
  ...gaugesOf('store', etcdGauges),
  ...gaugesOf('store', storeGauges),
  ...gaugesOf('peers', peerGauges),
  ...gaugesOf('handoffs', handoffGauges),
  ...gaugesOf('endpoints', poolGauges),
  ...gaugesOf('panic', panicGauges),
  ...gaugesOf('judged', signalGauges),
  ...gaugesOf('prefixes', sharingGauges),
  ...gaugesOf('counted', countedGauges),
  ...gaugesOf('consistency', consistencyGauges),
  ...gaugesOf('steering', steeringGauges),
];

/** The gauges of each endpoint. */
export const instanceSeries: readonly SeriesMetric<EndpointValues>[] = [
  ...endpointSeries,
  ...loadSeries,
  ...biasSeries,
];
