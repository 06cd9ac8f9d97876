import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { type PolicyName, policyNames } from '../../../src/scheduling/policies/index.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { Scheduler, type SchedulerOptions, type SchedulingRules } from '../../../src/scheduling/scheduler.ts';
import { endpoints } from '../../support/endpoints.ts';
import { seededRandom } from '../../support/seededRandom.ts';

function poolOf(ready: readonly Endpoint[]): Pool {
  return { all: () => ready, ready: () => ready, onChange: () => () => {} };
}

type Options = Partial<SchedulingRules & Pick<SchedulerOptions, 'pool'>>;

/** @param options are looked at again at each decision */
function scheduler(options: Options = {}): { scheduler: Scheduler; ledger: MemoryLedger } {
  const ledger = new MemoryLedger();
  const random = seededRandom(1);
  const built = new Scheduler({
    pool: options.pool ?? poolOf(endpoints(3)),
    ledger,
    policies: new PolicySet({ random }),
    rules: () => ({
      policy: 'least-request',
      allowRequestPolicy: true,
      unknownPolicy: 'reject',
      ...options,
    }),
    random,
  });
  return { scheduler: built, ledger };
}

describe('a request that can be placed', () => {
  it('holds its endpoint until it is released', () => {
    const { scheduler: one, ledger } = scheduler();
    const decision = one.schedule({});
    if (decision.kind !== 'route') throw new Error(decision.kind);
    expect(ledger.inFlight(decision.endpoint.address)).toBe(1);
    decision.reservation.release();
    decision.reservation.release();
    expect(ledger.view().size).toBe(0);
  });

  it('sees the request before it: three go to three endpoints', () => {
    const { scheduler: one } = scheduler();
    const chosen = [1, 2, 3]
      .map(() => one.schedule({}))
      .map((d) => (d.kind === 'route' ? d.endpoint.address : ''));
    expect(new Set(chosen).size).toBe(3);
  });

  it('uses the policy that it names', () => {
    const { scheduler: one } = scheduler();
    expect(one.schedule({ policy: 'round-robin' })).toMatchObject({ kind: 'route', policy: 'round-robin' });
  });

  it('names its policy in any case', () => {
    const { scheduler: one } = scheduler();
    expect(one.schedule({ policy: 'Round-Robin' })).toMatchObject({ kind: 'route', policy: 'round-robin' });
    expect(one.schedule({ policy: 'RANDOM' })).toMatchObject({ kind: 'route', policy: 'random' });
  });

  it('has the default policy where naming one is not allowed', () => {
    const { scheduler: one } = scheduler({ allowRequestPolicy: false });
    expect(one.schedule({ policy: 'random' })).toMatchObject({ kind: 'route', policy: 'least-request' });
    expect(one.schedule({ policy: 'nonsense' })).toMatchObject({ kind: 'route', policy: 'least-request' });
  });

  it('is scheduled by the options in force when it arrives', () => {
    const rules: { policy: PolicyName; allowRequestPolicy: boolean } = {
      policy: 'random',
      allowRequestPolicy: false,
    };
    const { scheduler: one } = scheduler(rules);
    expect(one.schedule({ policy: 'power-of-two' })).toMatchObject({ policy: 'random' });
    Object.assign(rules, { policy: 'round-robin', allowRequestPolicy: true });
    expect(one.schedule({})).toMatchObject({ policy: 'round-robin' });
    expect(one.schedule({ policy: 'power-of-two' })).toMatchObject({ policy: 'power-of-two' });
  });
});

describe('a request that cannot be placed', () => {
  it('is rejected because nothing is ready', () => {
    const { scheduler: one } = scheduler({ pool: poolOf([]) });
    expect(one.schedule({})).toEqual({ kind: 'reject', why: { kind: 'no-ready-endpoint' } });
  });

  it('is rejected because its subset is empty', () => {
    const { scheduler: one, ledger } = scheduler();
    expect(one.schedule({ subset: ['10.9.9.9:1'] })).toEqual({
      kind: 'reject',
      why: { kind: 'subset-empty' },
    });
    expect(ledger.view().size).toBe(0);
  });

  it.each([
    ['reject', { kind: 'reject', why: { kind: 'unknown-policy', given: 'fastest' } }],
    ['default', { kind: 'route', policy: 'least-request' }],
  ] as const)('names an unknown policy: %s', (unknownPolicy, expected) => {
    const { scheduler: one } = scheduler({ unknownPolicy });
    expect(one.schedule({ policy: 'fastest' })).toMatchObject(expected);
  });
});

describe('slots', () => {
  const pods = (count: number): Endpoint[] => [
    { ...(endpoints(1)[0] as Endpoint), slots: 2 },
    ...endpoints(count).slice(1),
  ];

  it.each(policyNames)('limit what %s gives an endpoint while another has room', (policy) => {
    for (const count of [2, 300]) {
      const { scheduler: one, ledger } = scheduler({ pool: poolOf(pods(count)), policy });
      for (let i = 0; i < 10 * count; i += 1) one.schedule({});
      expect(ledger.inFlight('10.0.0.1:8000')).toBeLessThanOrEqual(2);
    }
  });

  it('reject nothing when all are taken', () => {
    const { scheduler: one, ledger } = scheduler({ pool: poolOf(pods(1)) });
    for (let i = 0; i < 5; i += 1) expect(one.schedule({}).kind).toBe('route');
    expect(ledger.inFlight('10.0.0.1:8000')).toBe(5);
  });
});
