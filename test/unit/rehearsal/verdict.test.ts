import { findFailures, formatVerdict } from '../../../tools/rehearsal/verdict.ts';
import type { InstanceUpgrade, UpgradeFirstDecision } from '../../../tools/testbed/rollingUpgrade.ts';
import type { SseReport } from '../../../tools/testbed/sseCounter.ts';

const clean: SseReport = {
  sent: 500,
  ok: 500,
  failed: 0,
  cut: 0,
  aborted: 0,
  inFlight: 0,
  byPod: {},
  latencyMs: { p50: 2310, p99: 2400, max: 2500 },
  problems: [],
};
const informed: UpgradeFirstDecision = {
  atMs: 0,
  believed: { '127.0.0.1:8001': 10, '127.0.0.1:8002': 20 },
  othersCounted: { '127.0.0.1:8001': 10, '127.0.0.1:8002': 21 },
};
const upgrade = (firstDecision?: UpgradeFirstDecision): InstanceUpgrade => ({
  name: 'a',
  from: '1.0.0',
  to: '1.1.0',
  drainMs: 5200,
  startMs: 640,
  firstDecision,
});
const pods = new Map([
  ['127.0.0.1:8001', 'pod-1'],
  ['127.0.0.1:8002', 'pod-2'],
]);

describe('when every request was completed and the view of the new instance was loaded', () => {
  it('states that no client noticed, with both counts', () => {
    expect(formatVerdict({ report: clean, upgrades: [upgrade(informed)], pods })).toEqual([
      'Verdict: no client noticed.',
      '  requests sent 500, completed 500, failed 0, cut 0',
      '  complete responses took 2.3 s (p50), 2.4 s (p99)',
      '  a: 1.0.0 → 1.1.0, drained in 5.2 s, ready again 640 ms later',
      '     view at its first decision         pod-1 10   pod-2 20',
      '     in flight through the others       pod-1 10   pod-2 21',
      '     an empty view would be             pod-1  0   pod-2  0',
    ]);
  });
});

describe('when a pod came and went', () => {
  it('states that it was not listed anywhere, and what it served', () => {
    const visit = { pod: 'pod-3', served: 26 };
    expect(formatVerdict({ report: clean, upgrades: [], pods, visit }).at(-1)).toBe(
      '  pod-3: registered, served 26 requests and left; no list was edited',
    );
  });
});

describe('the failures of a rehearsal', () => {
  const blind = { ...informed, believed: {} };
  const outdated = { ...informed, believed: { '127.0.0.1:8001': 15 } };
  const idle = { atMs: 0, believed: {}, othersCounted: {} };
  it.each<[string, Partial<SseReport>, UpgradeFirstDecision | undefined, string[]]>([
    ['nothing', {}, informed, []],
    ['an empty view while nothing was in flight', {}, idle, []],
    ['no traffic', { sent: 0 }, informed, ['no request was sent']],
    ['failed requests', { failed: 2 }, informed, ['2 requests failed']],
    ['cut responses', { cut: 1 }, informed, ['1 responses were cut']],
    ['an empty view under load', {}, blind, ['the new a started with an empty view']],
    [
      'far less than what the others counted',
      {},
      outdated,
      ['the new a started with a view of 15 while the others counted 31'],
    ],
    ['an instance that got no traffic', {}, undefined, ['no request reached the new a']],
  ])('%s', (_situation, counts, first, expected) => {
    const rehearsed = { report: { ...clean, ...counts }, upgrades: [upgrade(first)], pods };
    expect(findFailures(rehearsed)).toEqual(expected);
  });

  it('are in the text, with the first problems', () => {
    const report = { ...clean, failed: 1, problems: ['failed after 3 ms: status 500: boom'] };
    const text = formatVerdict({ report, upgrades: [], pods });
    expect(text[0]).toBe('Verdict: FAILED: 1 requests failed.');
    expect(text.at(-1)).toBe('  ! failed after 3 ms: status 500: boom');
  });
});
