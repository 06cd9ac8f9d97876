import { SimulatedFleet } from '../../../tools/simulator/fleet.ts';
import { usual } from '../../../tools/simulator/scenario.ts';
import { sessionAffinity } from '../../../tools/simulator/schemes.ts';
import { seededRandom } from '../../../tools/simulator/seededRandom.ts';
import { SimulatedStore } from '../../../tools/simulator/simulatedStore.ts';
import { VirtualClock } from '../../../tools/simulator/virtualClock.ts';
import { endpoints } from '../../support/endpoints.ts';

/** 400 sessions, each with a request a second that takes a second: 40 in flight on each pod. */
const sessions = Array.from({ length: 400 }, (_, index) => `session-${index}`);
const pods = endpoints(10);

async function simulate({ podLeavesAtMs = Number.POSITIVE_INFINITY } = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(5);
  const scenario = { ...usual, pods: pods.length, instances: 4, churn: 'upgrade' as const };
  const store = new SimulatedStore({ ...scenario, clock, random });
  const fleet = new SimulatedFleet({
    scenario,
    scheme: sessionAffinity,
    endpoints: pods,
    clock,
    store,
    random,
  });
  const endMs = 70_000;
  const visited = new Map<string, Set<string>>();
  const instances = new Set<string>();
  const send = (session: string): void => {
    if (clock.nowMs() > endMs) return;
    const { instance, decision } = fleet.schedule({ session });
    if (decision.kind !== 'route') throw new Error(decision.kind);
    instances.add(instance);
    visited.set(session, (visited.get(session) ?? new Set()).add(decision.endpoint.address));
    clock.after(1_000, () => {
      decision.reservation.release();
      send(session);
    });
  };
  for (const session of sessions) clock.after(random() * 1_000, () => send(session));
  if (podLeavesAtMs < endMs) clock.after(podLeavesAtMs, () => fleet.removeEndpoint('10.0.0.3:8000'));
  fleet.churn(endMs);
  await clock.run();
  return { moved: [...visited.values()].filter(({ size }) => size > 1).length, instances: instances.size };
}

it('no session moves while every instance is replaced', async () => {
  const { moved, instances } = await simulate();
  expect(instances).toBeGreaterThanOrEqual(8);
  expect(moved).toBe(0);
});

it('at most a tenth of the sessions move when one pod of ten leaves', async () => {
  const { moved } = await simulate({ podLeavesAtMs: 30_000 });
  expect(moved).toBeGreaterThan(0);
  // 40 of 400 with a standard deviation of 6.
  expect(moved).toBeLessThanOrEqual(52);
});
