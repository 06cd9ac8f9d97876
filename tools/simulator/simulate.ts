import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import { SimulatedFleet } from './fleet.ts';
import { Observations, type SimulationOutcome } from './observations.ts';
import { requestsPerSecond, type Scenario, slownessOf } from './scenario.ts';
import type { Scheme } from './schemes.ts';
import { seededRandom } from './seededRandom.ts';
import { ModelledPod } from './simulatedPod.ts';
import { SimulatedStore } from './simulatedStore.ts';
import { serviceMs, trace } from './trace.ts';
import { VirtualClock } from './virtualClock.ts';

/** The fleet starts empty; requests before it is loaded are not measured. */
const warmUpMs = 20_000;
const sampleEveryMs = 250;

/**
 * One run: the traffic of a scenario, scheduled by one scheme. The same seed gives the same
 * requests to every scheme, and the same result each time.
 */
export async function simulate(scenario: Scenario, scheme: Scheme, seed: number): Promise<SimulationOutcome> {
  const clock = new VirtualClock();
  const random = seededRandom(seed + 1_000_003);
  const endpoints = Array.from({ length: scenario.pods }, (_, index) => endpointOf(index));
  const pods = new Map(
    endpoints.map((endpoint, index) => {
      const slowness = slownessOf(index, scenario);
      return [endpoint.address, new ModelledPod({ slots: scenario.slots, slowness, clock })];
    }),
  );
  const store = new SimulatedStore({ ...scenario, clock, random });
  const fleet = new SimulatedFleet({ scenario, scheme, endpoints, clock, store, random });
  const observations = new Observations({ herdSize: Math.ceil(scenario.instances / 2) });

  const perSecond = requestsPerSecond(scenario);
  const requests = trace({ perSecond, pattern: scenario.arrivals, random: seededRandom(seed) });
  const endMs = warmUpMs + (1000 * scenario.requests) / perSecond;

  const scheduleNext = (): void => {
    const request = requests.next().value;
    if (request.atMs > endMs) return;
    clock.after(request.atMs - clock.nowMs(), () => {
      const nowMs = clock.nowMs();
      const { instance, decision } = fleet.schedule();
      if (decision.kind !== 'route') throw new Error(`not scheduled: ${decision.why.kind}`);
      const { address } = decision.endpoint;
      const isMeasured = nowMs > warmUpMs;
      if (isMeasured) observations.picked(address, instance, nowMs);
      pods.get(address)?.run(serviceMs(request), (waitedMs) => {
        decision.reservation.release();
        if (isMeasured) observations.waited(waitedMs);
      });
      scheduleNext();
    });
  };
  const sample = (): void => {
    if (clock.nowMs() > endMs) return;
    observations.sampled([...pods.values()].map(({ inFlight }) => inFlight));
    clock.after(sampleEveryMs, sample);
  };
  scheduleNext();
  clock.after(warmUpMs, sample);
  fleet.churn(endMs);
  await clock.run();
  return observations.outcome((1000 * store.writes) / clock.nowMs() / scenario.instances);
}

function endpointOf(index: number): Endpoint {
  return { address: `10.0.${index >> 8}.${index & 255}:8000`, weight: 1, labels: {}, models: [] };
}
