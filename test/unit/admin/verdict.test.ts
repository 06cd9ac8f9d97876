import type { EndpointReport, InstanceState } from '../../../src/admin/state.ts';
import { summarizePods } from '../../../src/admin/verdict/podSummary.ts';
import { type FleetVerdict, verdictOf } from '../../../src/admin/verdict/verdict.ts';
import { sampleState } from './sampleState.ts';

const [healthy, sick] = sampleState.pool as [EndpointReport, EndpointReport];
const peer = { id: 'baton-1', release: '1.1.0', generation: 2, phase: 'ready', inFlight: 7 } as const;
const quarantined = { ...sick, ready: true, fault: null };
const well: InstanceState = { ...sampleState, peers: [peer], pool: [healthy] };

const judge = (changes: Partial<InstanceState>): FleetVerdict => {
  const state = { ...well, ...changes };
  return verdictOf(state, summarizePods(state.pool));
};

const instance = (changes: Partial<InstanceState['instance']>): Partial<InstanceState> => ({
  instance: { ...well.instance, ...changes },
});
const store = (changes: Partial<InstanceState['store']>): Partial<InstanceState> => ({
  store: { ...well.store, ...changes },
});
const fails = { ...healthy, address: '10.0.0.3:8000', ready: false, fault: 'HTTP 503' };

describe('the verdict', () => {
  it('is that all is well, with instances, release and pods', () => {
    const verdict = judge({});
    expect(verdict).toMatchObject({
      level: 'good',
      headline: 'All well: 2 instances on release 1.1.0, 1 pod, 0 quarantined',
      problems: [],
      serving: { releases: ['1.1.0'], generation: 2, ready: 2, instances: 2 },
    });
  });

  it.each<[string, Partial<InstanceState>, FleetVerdict['level'], string]>([
    [
      'a pod is quarantined',
      { pool: [healthy, quarantined] },
      'warning',
      'Pod 10.0.0.10:8000 is quarantined: server-error',
    ],
    [
      'a pod fails its probes',
      { pool: [healthy, fails] },
      'warning',
      'Pod 10.0.0.3:8000 fails its probes: HTTP 503',
    ],
    [
      'a pod fails them and is in use',
      { pool: [healthy, { ...fails, ready: true }] },
      'bad',
      'Pod 10.0.0.3:8000 fails its probes: HTTP 503, and gets requests all the same',
    ],
    ['the pool is empty', { pool: [] }, 'bad', 'The pool is empty: requests are answered with 503'],
    ['no pod is ready', { pool: [fails] }, 'bad', 'None of 1 pod is ready: requests are answered with 503'],
    [
      'too few pods pass their probes',
      { panic: { endpoints: 4, passing: 1, inUse: 4 } },
      'bad',
      'Only 1 of 4 pods pass their probes: 4 are in use all the same',
    ],
    [
      'etcd is away',
      store({ leaseHeld: false, viewAgeMs: 12_300 }),
      'warning',
      'etcd is away: baton-2 decides on its local counts; its view of the others is 12 s old',
    ],
    [
      'etcd takes no writes',
      store({ writeProblem: 'no space' }),
      'warning',
      'etcd takes no writes: no space',
    ],
    [
      'records are skipped',
      store({ recordsSkipped: 1 }),
      'notice',
      'Well. 1 record in etcd skipped: unreadable, too large, too many, or without a lease',
    ],
    [
      'no Envoy is connected',
      { connections: { connections: 0, heldBytes: 0 } },
      'warning',
      'No Envoy is connected to baton-2',
    ],
    [
      'no instance takes traffic',
      { ...instance({ phase: 'standby' }), peers: [] },
      'bad',
      'No instance takes traffic: 1 instance known',
    ],
    [
      'an upgrade is half way',
      { peers: [{ ...peer, release: '1.0.0', generation: 1, phase: 'draining' }] },
      'notice',
      'Well. An upgrade is under way: releases 1.0.0 and 1.1.0; baton-1 is draining',
    ],
    [
      'an instance drains',
      {
        ...instance({ phase: 'draining' }),
        drain: {
          startedAt: '2026-05-04T03:02:01.000Z',
          ...{ open: 31, finished: 9, halfClosed: 0, handedOff: 0, graceLeftMs: 22_400 },
        },
      },
      'notice',
      'Well. baton-2 is draining (31 streams open, at most 22 s left)',
    ],
    [
      'a generation is pinned',
      { steering: { ...well.steering, pinnedGeneration: 1 } },
      'notice',
      'Well. Generation 1 is pinned by an operator',
    ],
    [
      'a peer claims what is not seen',
      { steering: { ...well.steering, unproven: ['baton-1'] } },
      'warning',
      'baton-1 said to be ready, and not seen to serve',
    ],
  ])('when %s', (_, changes, level, headline) => {
    expect(judge(changes)).toMatchObject({ level, headline });
  });

  it('names the worst first, and the rest below', () => {
    const pool = [healthy, sick, { ...fails, ready: true }];
    const { headline, problems } = judge({ pool, ...store({ leaseHeld: false }) });
    expect(headline).toMatch(/^Pod 10\.0\.0\.3:8000 fails/);
    expect(problems.map(({ text }) => text.slice(0, 20))).toEqual([
      'Pod 10.0.0.10:8000 i',
      'etcd is away: baton-',
    ]);
  });

  it('lists few of a thousand sick pods, and counts the others', () => {
    const pool = Array.from({ length: 1_000 }, (_, nth) => ({ ...sick, address: `10.0.1.${nth}:80` }));
    const { pods, problems } = judge({ pool: [healthy, ...pool] });
    expect(pods).toMatchObject({ pods: 1_001, used: 1, quarantined: 1_000, sickCount: 1_000 });
    expect(pods.sick).toHaveLength(20);
    expect(problems.at(-1)?.text).toBe('980 more pods are sick');
  });
});
