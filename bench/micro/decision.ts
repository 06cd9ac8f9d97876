import { systemClock } from '../../src/clock.ts';
import { LocalCounts } from '../../src/ledger/localCounts.ts';
import { PeerCounts } from '../../src/ledger/peerCounts.ts';
import { plainRequest } from '../../src/request/schedulingRequest.ts';
import { DecisionWatch } from '../../src/scheduling/decisionWatch.ts';
import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import { type PolicyName, policyNames } from '../../src/scheduling/policies/index.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';
import { medianMicros, print } from './time.ts';

/**
 * The cost of one decision on a busy view: from the candidates to the reservation and its release.
 */
for (const count of [10, 1_000, 10_000]) {
  for (const policy of policyNames) {
    print(`${policy}, ${count} endpoints`, decisionMicros(count, policy), 'µs');
  }
  print(
    `least-request, ${count} endpoints, a subset of 10`,
    decisionMicros(count, 'least-request', 10),
    'µs',
  );
}

print('least-request, 10 endpoints, unwatched', watchedMicros(10, false), 'µs');
print('least-request, 10 endpoints, explained', watchedMicros(10, true), 'µs');

/** Through the watch of decisions: without a reader it must cost nothing. */
function watchedMicros(count: number, isWatched: boolean): number {
  const scheduler = createScheduler(count, 'least-request');
  const clock = { ...systemClock, nowMs: isWatched ? () => (nowMs += 1_000) : systemClock.nowMs };
  let nowMs = 0;
  const watch = new DecisionWatch({ scheduler, clock, now: () => new Date() });
  if (isWatched) watch.report();
  const micros = medianMicros(() => {
    const decision = watch.decide(plainRequest);
    if (decision.kind === 'route') decision.reservation.release();
  });
  watch.stop();
  return micros;
}

function decisionMicros(count: number, policy: PolicyName, subsetSize?: number): number {
  const scheduler = createScheduler(count, policy);
  const addresses = Array.from({ length: count }, (_, index) => endpointOf(index).address);
  const subset = subsetSize === undefined ? undefined : addresses.slice(-subsetSize);
  return medianMicros(() => {
    const decision = scheduler.schedule(subset === undefined ? plainRequest : { subset });
    if (decision.kind === 'route') decision.reservation.release();
  });
}

function createScheduler(count: number, policy: PolicyName): Scheduler {
  const endpoints = Array.from({ length: count }, (_, index) => endpointOf(index));
  const addresses = endpoints.map(({ address }) => address);
  const own = new LocalCounts();
  const peers = new PeerCounts({ staleDecayMs: 1000, nowMs: () => 0 });
  const random = seededRandom(1);
  for (const address of addresses) if (random() < 0.5) own.reserve(address);
  for (let peer = 0; peer < 7; peer += 1) {
    for (const address of addresses) peers.add(`peer-${peer}`, address, 1 + Math.floor(random() * 3));
  }
  const rules = { policy, allowRequestPolicy: false, unknownPolicy: 'reject' } as const;
  return new Scheduler({
    pool: { ready: () => endpoints, all: () => endpoints },
    ledger: {
      reserve: (address) => own.reserve(address),
      inFlight: (address) => own.of(address) + peers.of(address),
      localInFlight: (address) => own.of(address),
      unacknowledgedPicks: () => 1,
      assignedTokens: () => undefined,
    },
    policies: new PolicySet({ random }),
    rules: () => rules,
    random,
  });
}

function endpointOf(index: number): Endpoint {
  return { address: `10.0.${index >> 8}.${index & 255}:8000`, weight: 1, labels: {}, models: [] };
}
