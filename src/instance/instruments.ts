import type { InstanceState } from '../admin/state.ts';
import { etcdGauges, etcdMetrics } from '../etcd/metrics.ts';
import { extprocGauges, extprocMetrics } from '../extproc/metrics.ts';
import {
  consistencyGauges,
  handoffGauges,
  ledgerMetrics,
  loadGauges,
  peerGauges,
  storeGauges,
} from '../ledger/metrics.ts';
import { endpointGauges, panicGauges, poolGauges, poolMetrics } from '../pool/metrics.ts';
import { signalGauges, signalMetrics } from '../signals/metrics.ts';
import { steeringGauges } from '../steering/metrics.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { type GaugeMetric, gaugesOf } from '../telemetry/metric.ts';
import { drainGauges, lifeGauges, lifeMetrics } from './metrics.ts';

/** What the parts of an instance raise. */
export const instanceMetrics = {
  ...lifeMetrics,
  ...extprocMetrics,
  ...etcdMetrics,
  ...ledgerMetrics,
  ...poolMetrics,
  ...signalMetrics,
};
export type InstanceMetrics = Instruments<typeof instanceMetrics>;

/** The gauges of all parts, read from the state that `/state` answers with: their numbers agree. */
export const instanceGauges: readonly GaugeMetric<InstanceState>[] = [
  ...gaugesOf('instance', lifeGauges),
  ...gaugesOf('drain', drainGauges),
  ...gaugesOf('streams', extprocGauges),
  ...gaugesOf('store', etcdGauges),
  ...gaugesOf('store', storeGauges),
  ...gaugesOf('peers', peerGauges),
  ...gaugesOf('handoffs', handoffGauges),
  ...gaugesOf('pool', poolGauges),
  ...gaugesOf('pool', endpointGauges),
  ...gaugesOf('panic', panicGauges),
  ...gaugesOf('pool', loadGauges),
  ...gaugesOf('pool', signalGauges),
  ...gaugesOf('consistency', consistencyGauges),
  ...gaugesOf('steering', steeringGauges),
];
