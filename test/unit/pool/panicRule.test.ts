import { type PanicRule, selectReady } from '../../../src/pool/panicRule.ts';
import type { ProbeFailure } from '../../../src/pool/probeResult.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';

/**
 * A pool as a row of letters: `p` passes, `?` has no verdict, `s` fails with a status, `l` late,
 * `u` unanswered, `r` refused, `x` unreachable. A capital has answered a request since. `.` after a
 * letter: it has never passed.
 */
const failures: Readonly<Record<string, ProbeFailure>> = {
  s: 'status',
  l: 'late',
  u: 'unanswered',
  r: 'refused',
  x: 'unreachable',
};

function chosen(pool: string, panicPercent = 50): string {
  const pods = (pool.match(/[^.]\.?/g) ?? []).map((letter, index) => ({ letter, address: `${index}` }));
  const letterOf = (address: string) => pods[Number(address)]?.letter ?? '';
  const rule: PanicRule = {
    panicPercent,
    health: {
      isHealthy: (address) => letterOf(address) === 'p',
      faultOf: (address) => {
        const letter = letterOf(address);
        const failure = failures[letter.charAt(0).toLowerCase()];
        return failure && { failure, reason: '', sinceMs: 0, everPassed: !letter.endsWith('.') };
      },
    },
    answeredSince: (address) => /^[A-Z]/.test(letterOf(address)),
  };
  const all = pods.map(({ address }): Endpoint => ({ address, weight: 1, labels: {}, models: [] }));
  const { ready, isPanic } = selectReady(all, rule);
  return ready.map(({ address }) => letterOf(address)).join('') + (isPanic ? ' panic' : '');
}

describe('when probes fail', () => {
  it.each([
    ['a healthy pool is in use as it is', 'ppp', 'ppp'],
    ['one that fails is out', 'pps', 'pp'],
    ['one whose probes alone go unanswered stays', 'ppU', 'ppU'],
    ['one that says so is out, whatever it still answers', 'ppS', 'pp'],
    ['all say 503: all stay in use', 'sss', 'sss panic'],
    ['all are late', 'lll', 'lll panic'],
    ['all hang', 'uuu', 'uuu panic'],
    ['the prober reaches none', 'xxx', 'xxx panic'],
    ['all refuse: nothing runs there', 'rrr', ''],
    ['all refuse the prober, and answer requests', 'RRR', 'RRR'],
    ['most fail: those that answer requests stay', 'pSSss', 'pSS panic'],
    ['most fail, and none of them answers requests', 'puu', 'p'],
    ['most are late', 'pll', 'pll panic'],
    ['new ones that have never passed are no panic', 'ps.s.s.', 'p'],
    ['none has ever passed', 's.s.u.', 's.s.u. panic'],
    ['none has ever passed, and one is not probed yet', 's.?s.', ''],
    ['new ones that refuse are not up yet', 'r.r.', ''],
  ])('%s: %s → %s', (_situation, pool, expected) => {
    expect(chosen(pool)).toBe(expected);
  });

  it('follows the probes alone where the rule is off', () => {
    expect(chosen('psss', 0)).toBe('p');
    expect(chosen('sss', 0)).toBe('');
  });
});
