import type { Meter, Observable } from '@opentelemetry/api';
import type { Phase } from '../phase.ts';
import type { InstanceGauges } from './instanceGauges.ts';

const phases: readonly Phase[] = ['starting', 'ready', 'standby', 'draining', 'stopped'];

/** Names the gauges with a label per endpoint, which need room for every endpoint. */
export const perEndpointGauges = ['baton_endpoint_in_flight_local', 'baton_endpoint_in_flight_view'] as const;

type Exporter = (
  observed: Parameters<Parameters<Meter['addBatchObservableCallback']>[0]>[0],
  now: InstanceGauges,
) => void;

/** Defines the gauges that show `read()`, which is called once each time the metrics are read. */
export function defineGauges(meter: Meter, read: () => InstanceGauges): void {
  const all: Observable[] = [];
  const gauge = (name: string, description: string, unit?: string): Observable => {
    const made = meter.createObservableGauge(
      name,
      unit === undefined ? { description } : { description, unit },
    );
    all.push(made);
    return made;
  };
  const shows: Exporter[] = [
    showInstance(gauge),
    showSteering(gauge),
    showStore(gauge),
    showPool(gauge),
    showStreams(gauge),
    showAudit(gauge),
  ];
  meter.addBatchObservableCallback((observed) => {
    const now = read();
    for (const show of shows) show(observed, now);
  }, all);
}

type DefineGauge = (name: string, description: string, unit?: string) => Observable;

function showInstance(gauge: DefineGauge): Exporter {
  const phase = gauge('baton_phase', '1 for the phase of life the instance is in, 0 for the others');
  const generation = gauge('baton_generation', 'The generation of the release');
  const degraded = gauge('baton_degraded', '1 when it serves without the shared store');
  return (observed, { instance }) => {
    for (const name of phases) observed.observe(phase, instance.phase === name ? 1 : 0, { phase: name });
    observed.observe(generation, instance.generation);
    observed.observe(degraded, instance.degraded ? 1 : 0);
  };
}

function showSteering(gauge: DefineGauge): Exporter {
  const serving = gauge(
    'baton_generation_serving',
    'The generation that takes the traffic; absent: none does',
  );
  const pinned = gauge('baton_generation_pinned', 'The generation that the operator pinned; absent: none');
  return (observed, { steering: { servingGeneration, pinnedGeneration } }) => {
    if (servingGeneration !== null) observed.observe(serving, servingGeneration);
    if (pinnedGeneration !== null) observed.observe(pinned, pinnedGeneration);
  };
}

function showStore(gauge: DefineGauge): Exporter {
  const leaseHeld = gauge('baton_lease_held', '1 while the lease on the own records is held');
  const viewAge = gauge(
    'baton_view_age_seconds',
    'Age of the unified view; absent without a shared store',
    's',
  );
  const peers = gauge('baton_peers', 'Other instances that are known to live');
  const handedOff = gauge(
    'baton_handoff_in_flight',
    'Requests that instances left behind and that still count in the view',
  );
  return (observed, now) => {
    observed.observe(leaseHeld, now.store.leaseHeld ? 1 : 0);
    if (now.store.viewAgeMs !== null) observed.observe(viewAge, now.store.viewAgeMs / 1000);
    observed.observe(peers, now.peers.length);
    const counted = now.handoffs.reduce((sum, handoff) => sum + handoff.counted, 0);
    observed.observe(handedOff, counted);
  };
}

function showPool(gauge: DefineGauge): Exporter {
  const endpoints = gauge('baton_endpoints', 'Endpoints of the pool by state');
  const own = gauge(perEndpointGauges[0], 'Requests in flight through this instance');
  const view = gauge(perEndpointGauges[1], 'Requests in flight through all instances, as this one knows');
  return (observed, { pool }) => {
    let ready = 0;
    for (const endpoint of pool) {
      if (endpoint.ready) ready += 1;
      const label = { endpoint: endpoint.address };
      observed.observe(own, endpoint.local, label);
      observed.observe(view, endpoint.view, label);
    }
    observed.observe(endpoints, ready, { state: 'ready' });
    observed.observe(endpoints, pool.length - ready, { state: 'unready' });
  };
}

function showStreams(gauge: DefineGauge): Exporter {
  const streams = gauge('baton_streams_open', 'ext_proc streams that are open');
  const drain = gauge('baton_drain_streams', 'Streams of the drain that is going on; absent without one');
  return (observed, now) => {
    observed.observe(streams, now.streams.open);
    if (now.drain === null) return;
    observed.observe(drain, now.drain.open, { state: 'open' });
    observed.observe(drain, now.drain.finished, { state: 'finished' });
    observed.observe(drain, now.drain.halfClosed, { state: 'half-closed' });
    observed.observe(drain, now.drain.handedOff, { state: 'handedOff' });
  };
}

function showAudit(gauge: DefineGauge): Exporter {
  const age = gauge(
    'baton_consistency_check_age_seconds',
    'Since the consistency check last compared everything; absent before it did',
    's',
  );
  return (observed, { consistency }) => {
    if (consistency.ageMs !== null) observed.observe(age, consistency.ageMs / 1000);
  };
}
