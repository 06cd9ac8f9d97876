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
import type { EndpointValues, MeasuredState } from './measuredState.ts';
import { drainGauges, lifeGauges, lifeMetrics } from './metrics.ts';

/** What the parts of an instance raise. */
export const instanceMetrics = {
  ...lifeMetrics,
  ...extprocMetrics,
  ...discoveryMetrics,
  ...etcdMetrics,
  ...ledgerMetrics,
  ...poolMetrics,
  ...signalMetrics,
  ...sharingMetrics,
};
export type InstanceMetrics = Instruments<typeof instanceMetrics>;

/** The gauges of all parts, read from what `/state` answers with: their numbers agree. */
export const instanceGauges: readonly GaugeMetric<MeasuredState>[] = [
  ...gaugesOf('instance', lifeGauges),
  ...gaugesOf('drain', drainGauges),
  ...gaugesOf('streams', extprocGauges),
  ...gaugesOf('connections', connectionGauges),
  ...gaugesOf('discovery', discoveryGauges),
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
