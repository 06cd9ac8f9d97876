import type { EndpointReport, InstanceState } from '../admin/state.ts';
import type { PodHealth } from '../signals/podHealth.ts';

/** The state of an instance without its endpoints. */
export type StateSummary = Omit<InstanceState, 'pool'>;

/** What is the same whichever pool one looks at. */
export interface ProcessState extends Pick<InstanceState, 'drain' | 'connections'> {
  readonly discovery: Pick<InstanceState['discovery'], 'streams'>;
}

/** How many endpoints of the pool are in which state. */
export interface EndpointCounts {
  readonly endpoints: { readonly ready: number; readonly unready: number };
  readonly judged: Readonly<Record<PodHealth['kind'], number>>;
  readonly counted: Readonly<Record<EndpointReport['countedBy'], number>>;
}

/** What the gauges are read from. */
export type MeasuredState = StateSummary & EndpointCounts;

/** What the metrics show of each endpoint, and its weight. */
export type EndpointValues = Pick<
  EndpointReport,
  'address' | 'ready' | 'weight' | 'models' | 'local' | 'view' | 'prefixBias'
>;
