import { nextHealth, unknownHealth } from '../../../src/pool/healthVerdict.ts';

/** `+` passed, `-` failed; the verdicts after each of them by their first letters. */
function verdicts(probes: string, healthyThreshold: number, unhealthyThreshold: number): string {
  let health = unknownHealth;
  return [...probes]
    .map((probe) => {
      health = nextHealth(health, probe === '+', { healthyThreshold, unhealthyThreshold });
      return health.verdict[0];
    })
    .join('');
}

describe('when probes come in', () => {
  it.each([
    ['the first pass makes it healthy', '+', 1, 1, 'h'],
    ['the first failure makes it unhealthy', '-', 1, 1, 'u'],
    ['it stays unknown below either threshold', '+-+-', 2, 2, 'uuuu'],
    ['one failure is forgiven', '+-+', 1, 2, 'hhh'],
    ['failures count in a row only', '+-+-+--', 1, 2, 'hhhhhhu'],
    ['it comes back after enough passes', '--++', 2, 2, 'uuuh'],
    ['passes count in a row only', '--+-++', 2, 2, 'uuuuuh'],
    ['a long healthy life does not delay the verdict', `${'+'.repeat(50)}---`, 1, 3, `${'h'.repeat(52)}u`],
  ])('%s', (_situation, probes, healthyThreshold, unhealthyThreshold, expected) => {
    expect(verdicts(probes, healthyThreshold, unhealthyThreshold)).toBe(expected);
  });

  it('distinguishes unknown from unhealthy', () => {
    const thresholds = { healthyThreshold: 2, unhealthyThreshold: 2 };
    const once = nextHealth(unknownHealth, false, thresholds);
    expect(once.verdict).toBe('unknown');
    expect(nextHealth(once, false, thresholds).verdict).toBe('unhealthy');
  });
});
