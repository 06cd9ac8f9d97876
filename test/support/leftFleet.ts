import { LeftRequests } from '../../src/extproc/fullDuplex/leftRequests.ts';
import { plainRequest } from '../../src/request/schedulingRequest.ts';
import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import { leastRequestPolicy } from '../../src/scheduling/policies/leastRequest.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import { at, randomIndex } from '../../src/scheduling/sample.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { PodReadings } from '../../src/signals/readings/podReadings.ts';
import { ReadingLoad } from '../../src/signals/readings/readingLoad.ts';
import { exponential, seededRandom } from '../../tools/simulator/seededRandom.ts';
import { SimulatedLedger } from '../../tools/simulator/simulatedLedger.ts';
import { ModelledPod } from '../../tools/simulator/simulatedPod.ts';
import { SimulatedStore } from '../../tools/simulator/simulatedStore.ts';
import { VirtualClock } from '../../tools/simulator/virtualClock.ts';

/** What becomes of the metrics of some pods in the middle of the run. */
export type MetricsTrouble = 'none' | 'vanish' | 'say-idle' | 'say-busy' | 'lag';

export interface LeftFleetOptions {
  /** count: the ends of all requests are known. leave: of none. */
  readonly responses: 'count' | 'leave';
  readonly readsMetrics: boolean;
  readonly trouble?: MetricsTrouble;
  /** Pods with that trouble. */
  readonly troubled?: number;
  /** Of the slots of all pods, those that are busy on average. Default 0.85. */
  readonly load?: number;
  /** How long a request holds its slot, on average. Default 8 s. */
  readonly meanServiceMs?: number;
  readonly seed: number;
}

export interface LeftFleetOutcome {
  /** How long requests waited for a slot, in ms. */
  readonly p99Ms: number;
  readonly meanMs: number;
  /** Requests that the troubled pods got, relative to their share. */
  readonly troubledShare: number;
}

const instances = 8;
const pods = 16;
const slots = 8;
const leftRequestMs = 10_000;
const hopMs = 8;
const warmUpMs = 40_000;
const endMs = 200_000;
const lagMs = 5_000;

/** Eight instances on a virtual clock whose requests are left to the gateway, or not. */
export async function runLeftFleet(options: LeftFleetOptions): Promise<LeftFleetOutcome> {
  const { responses, readsMetrics, trouble = 'none', troubled = 2, seed } = options;
  const { load = 0.85, meanServiceMs = 8_000 } = options;
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const store = new SimulatedStore({ clock, random, hopMs, loss: 0 });
  const endpoints: Endpoint[] = Array.from({ length: pods }, (_, nth) => {
    return { address: `10.0.0.${nth}:8000`, weight: 1, labels: {}, models: [] };
  });
  const engines = endpoints.map(() => new ModelledPod({ slots, slowness: 1, clock }));
  const fleet = Array.from({ length: instances }, (_, nth) => {
    const ledger = new SimulatedLedger({ id: `instance-${nth}`, clock, store, minIntervalMs: 20 });
    const left = new LeftRequests(leftRequestMs, clock);
    const readings = new PodReadings(() => clock.nowMs());
    const known = new ReadingLoad({ load: ledger, readings, assumed: left, nowMs: () => clock.nowMs() });
    const scheduler = new Scheduler({
      pool: { ready: () => endpoints, all: () => endpoints },
      ledger: known,
      policies: new PolicySet({ random, definitions: [leastRequestPolicy] }),
      rules: () => ({ policy: 'least-request', allowRequestPolicy: false, unknownPolicy: 'reject' }),
      random,
    });
    return { ledger, left, readings, scheduler };
  });

  const isTroubled = (pod: number): boolean => pod < troubled && clock.nowMs() > warmUpMs;
  const history = engines.map((): { atMs: number; inFlight: number }[] => []);
  let waitedMs = Number.NEGATIVE_INFINITY;
  const said = (pod: number): number | undefined => {
    const inFlight = at(engines, pod).inFlight;
    const past = at(history, pod);
    past.push({ atMs: clock.nowMs(), inFlight });
    if (!isTroubled(pod) || trouble === 'none') return inFlight;
    if (trouble === 'vanish') return undefined;
    if (trouble === 'say-idle') return 0;
    if (trouble === 'say-busy') return 1_000;
    return past.findLast(({ atMs }) => atMs <= clock.nowMs() - lagMs)?.inFlight ?? inFlight;
  };
  const read = (pod: number): void => {
    if (clock.nowMs() > endMs) return;
    const inFlight = said(pod);
    const waiting = Math.max(0, (inFlight ?? 0) - slots);
    if (waiting > 0) waitedMs = clock.nowMs();
    const { address } = at(endpoints, pod);
    if (inFlight !== undefined) {
      const stored = {
        reading: { engine: 'vllm', running: inFlight - waiting, waiting },
        ageMs: 0,
        from: 'x',
      };
      for (const { readings } of fleet) clock.after(2 * hopMs, () => readings.add(address, stored));
    }
    const isBusy = (inFlight ?? 0) > 0 || clock.nowMs() - waitedMs < 1_000;
    clock.after(isBusy ? 200 : 1_000, () => read(pod));
  };
  if (readsMetrics) for (const pod of engines.keys()) clock.after(1_000 * random(), () => read(pod));

  const waits: number[] = [];
  let placed = 0;
  let onTroubled = 0;
  const arrivals = seededRandom(seed + 1);
  const gapMs = meanServiceMs / (pods * slots * load);
  const arrive = (): void => {
    const nowMs = clock.nowMs();
    if (nowMs > endMs) return;
    const { scheduler, left } = at(fleet, randomIndex(fleet.length, random));
    const decision = scheduler.schedule(plainRequest);
    if (decision.kind !== 'route') throw new Error('no endpoint was chosen');
    const { endpoint, reservation } = decision;
    const pod = endpoints.indexOf(endpoint);
    if (responses === 'leave') left.add(reservation);
    if (nowMs > warmUpMs) {
      placed += 1;
      if (pod < troubled) onTroubled += 1;
    }
    at(engines, pod).run(exponential(meanServiceMs, arrivals), (queuedMs) => {
      if (responses === 'count') reservation.release();
      if (nowMs > warmUpMs) waits.push(queuedMs);
    });
    clock.after(exponential(gapMs, arrivals), arrive);
  };
  arrive();
  await clock.run(() => clock.nowMs() > endMs + 60_000);
  waits.sort((a, b) => a - b);
  return {
    p99Ms: waits[Math.floor(0.99 * waits.length)] ?? 0,
    meanMs: waits.reduce((sum, ms) => sum + ms, 0) / waits.length,
    troubledShare: onTroubled / placed / (troubled / pods),
  };
}
