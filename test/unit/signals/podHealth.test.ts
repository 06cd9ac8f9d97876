import {
  isExcluded,
  nextPodHealth,
  type PodEvent,
  type PodHealth,
  trusted,
} from '../../../src/signals/podHealth.ts';

const times = { baseMs: 1_000, maxMs: 8_000 };

/** Applies events, each at its time. */
function healthAfter(...events: readonly (readonly [atMs: number, event: PodEvent])[]): PodHealth {
  return events.reduce<PodHealth>(
    (health, [atMs, event]) => nextPodHealth(health, event, atMs, times),
    trusted,
  );
}

const convicted: PodEvent = { kind: 'convicted', reason: 'server-error', level: 0 };
const time: PodEvent = { kind: 'time' };
const failedTrial: PodEvent = { kind: 'trial-failed', reason: 'cut' };

describe('the health of a pod', () => {
  it('is suspected after a sign, and trusted again without another one', () => {
    expect(healthAfter([0, { kind: 'sign' }])).toEqual({ kind: 'suspected', untilMs: 2_000 });
    expect(healthAfter([0, { kind: 'sign' }], [1_000, { kind: 'sign' }], [2_000, time]).kind).toBe(
      'suspected',
    );
    expect(healthAfter([0, { kind: 'sign' }], [2_000, time])).toEqual(trusted);
  });

  it('excludes it for the base time, then for one trial request at a time', () => {
    const quarantined = healthAfter([0, convicted]);
    expect(quarantined).toMatchObject({ kind: 'quarantined', untilMs: 1_000 });
    expect(isExcluded(quarantined)).toBe(true);
    const trial = healthAfter([0, convicted], [1_000, time]);
    expect(isExcluded(trial)).toBe(false);
    expect(isExcluded(nextPodHealth(trial, { kind: 'trial-sent' }, 1_001, times))).toBe(true);
  });

  it('is trusted after two good trial requests', () => {
    const passed: PodEvent = { kind: 'trial-passed' };
    expect(healthAfter([0, convicted], [1_000, time], [1_100, passed]).kind).toBe('trial');
    expect(healthAfter([0, convicted], [1_000, time], [1_100, passed], [1_200, passed])).toEqual(trusted);
  });

  it('doubles the time with each failed trial, up to the maximum', () => {
    let health = healthAfter([0, convicted]);
    const lengthsMs: number[] = [];
    for (let nowMs = 0; lengthsMs.length < 6; ) {
      if (health.kind !== 'quarantined') throw new Error(health.kind);
      lengthsMs.push(health.untilMs - nowMs);
      nowMs = health.untilMs;
      health = nextPodHealth(nextPodHealth(health, time, nowMs, times), failedTrial, nowMs, times);
    }
    expect(lengthsMs).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  });

  it('does not wait for a trial request that never ends', () => {
    const sent = healthAfter([0, convicted], [1_000, time], [1_000, { kind: 'trial-sent' }]);
    expect(isExcluded(nextPodHealth(sent, time, 5_999, times))).toBe(true);
    expect(isExcluded(nextPodHealth(sent, time, 6_000, times))).toBe(false);
  });

  it('follows a peer, but never much beyond the maximum', () => {
    const event = { kind: 'convicted-by-peer', reason: 'cut', level: 9, from: 'b' } as const;
    const health = healthAfter([0, { ...event, remainingMs: 1e9 }]);
    expect(health).toMatchObject({ kind: 'quarantined', untilMs: 10_000, from: 'b' });
    expect(nextPodHealth(health, { kind: 'acquitted' }, 5, times)).toEqual(trusted);
  });

  it('follows a peer whose trials fail for twice the maximum, then tries the pod itself', () => {
    const event = { kind: 'convicted-by-peer', reason: 'cut', level: 3, remainingMs: 9_000 } as const;
    const from = (id: string, atMs: number) => [atMs, { ...event, from: id }] as const;
    const longest = healthAfter(from('b', 0), from('b', 8_000), from('b', 16_000));
    expect(longest).toMatchObject({ kind: 'quarantined', untilMs: 18_000 });
    expect(healthAfter(from('b', 0), from('c', 16_000))).toMatchObject({ untilMs: 25_000, from: 'c' });
  });
});
