import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import type { SchedulingRequest } from '../../../src/request/schedulingRequest.ts';
import { DecisionWatch } from '../../../src/scheduling/decisionWatch.ts';
import { explain } from '../../../src/scheduling/explanation.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import { endpoints } from '../../support/endpoints.ts';
import { ManualClock } from '../../support/manualClock.ts';
import { seededRandom } from '../../support/seededRandom.ts';

function start() {
  const clock = new ManualClock();
  const ledger = new MemoryLedger();
  const random = seededRandom(1);
  const pods = endpoints(3).map((pod, index) => (index === 2 ? { ...pod, models: ['b'] } : pod));
  const scheduler = new Scheduler({
    pool: { ready: () => pods, all: () => pods },
    ledger,
    policies: new PolicySet({ random }),
    rules: () => ({ policy: 'least-request', allowRequestPolicy: true, unknownPolicy: 'reject' }),
    random,
  });
  let explained = 0;
  const counted = {
    schedule: (request: SchedulingRequest) => scheduler.schedule(request),
    trail: (request: SchedulingRequest) => {
      explained += 1;
      return scheduler.trail(request);
    },
  };
  const watch = new DecisionWatch({ scheduler: counted, clock, now: () => new Date(0) });
  return { clock, ledger, scheduler, watch, explained: () => explained };
}

describe('decisions', () => {
  it('are explained only for a minute after someone read them', () => {
    const { clock, watch, explained } = start();
    watch.decide({});
    expect(explained()).toBe(0);
    expect(watch.report().decisions).toEqual([]);
    watch.decide({});
    expect(explained()).toBe(1);
    expect(watch.report().decisions).toHaveLength(1);
    clock.advance(61_000);
    watch.decide({});
    expect(explained()).toBe(1);
  });

  it('are shown with what filters removed, what candidates cost, the pick and why', () => {
    const { watch } = start();
    watch.report();
    const decision = watch.decide({ model: 'a', session: 'secret' });
    if (decision.kind !== 'route') throw new Error(decision.kind);
    const [shown] = watch.report().decisions;
    expect(shown).toMatchObject({
      sequence: 1,
      at: '1970-01-01T00:00:00.000Z',
      policy: 'least-request',
      ready: 3,
      candidates: 2,
      pick: decision.endpoint.address,
      why: 'the lowest cost, which 2 have',
      costs: [
        { cost: 1, inFlight: 0 },
        { cost: 1, inFlight: 0 },
      ],
    });
    expect(shown?.filters).toContainEqual({ filter: 'model', left: 2, removed: ['10.0.0.3:8000'] });
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect(watch.decide({ model: 'a' })).toMatchObject({ candidates: 2 });
  });

  it('say why they rejected a request', () => {
    const { watch } = start();
    watch.report();
    watch.decide({ subset: ['10.9.9.9:1'] });
    watch.decide({ policy: 'none-such' });
    expect(watch.report().decisions).toMatchObject([
      { pick: null, candidates: 0, why: 'rejected: subset-empty' },
      { pick: null, policy: null, why: 'rejected: unknown-policy' },
    ]);
  });

  it('are bounded: the last 256, and 100 a second', () => {
    const { clock, watch } = start();
    watch.report();
    for (let second = 0; second < 3; second += 1) {
      for (let i = 0; i < 110; i += 1) watch.decide({});
      clock.advance(1_000);
    }
    const { decisions, leftOut } = watch.report();
    expect(leftOut).toBe(30);
    expect(decisions).toHaveLength(256);
    expect(decisions.at(-1)?.sequence).toBe(300);
  });

  it('can be asked for without being made', () => {
    const { ledger, scheduler } = start();
    for (let i = 0; i < 5; i += 1) {
      const asked = { policy: 'round-robin' };
      const explained = explain(asked, scheduler.trail(asked), scheduler.preview(asked));
      // No turn of the policy is used up.
      expect(explained).toMatchObject({ pick: '10.0.0.1:8000', why: 'round-robin compares no costs' });
    }
    expect(ledger.view().size).toBe(0);
  });
});
