import type { Measured } from '../../../bench/measure.ts';
import { ratioTable } from '../../../bench/summary.ts';

/** A round on a machine that takes `slow` times as long for everything. */
function round(nth: number, slow: number): Measured[] {
  const of = (setup: string, schedulerCpuUs: number | null, p50Ms: number): Measured => ({
    setup,
    round: nth,
    saturated: {
      perSecond: 1000 / slow,
      schedulerCpuUs: schedulerCpuUs && schedulerCpuUs * slow,
      envoyCpuUs: 200 * slow,
    },
    paced: {
      schedulerCpuUs: schedulerCpuUs && schedulerCpuUs * 2 * slow,
      envoyCpuUs: 400 * slow,
      p50Ms,
      p99Ms: p50Ms * 10,
      p999Ms: 9,
    },
    failed: 0,
  });
  return [of('Envoy alone', null, 0.5), of('Go no-op', 60, 0.9), of('Baton builtin', 15, 0.75)];
}

const names = ['Envoy alone', 'Go no-op', 'Baton builtin'];

describe('the comparison of setups', () => {
  it('does not depend on the speed of the machine in a round', () => {
    const steady = ratioTable([...round(1, 1), ...round(2, 1), ...round(3, 1)], names);
    expect(ratioTable([...round(1, 1), ...round(2, 3), ...round(3, 0.5)], names)).toEqual(steady);
    expect(steady.slice(2)).toEqual([
      '| Envoy alone | – | – | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) | – | – |',
      '| Go no-op | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) | 0.40 (0.40–0.40) | 4.00 (4.00–4.00) |',
      '| Baton builtin | 0.25 (0.25–0.25) | 0.25 (0.25–0.25) | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) | 0.25 (0.25–0.25) | 2.50 (2.50–2.50) |',
    ]);
  });

  it('has no ratio to a setup that did not run', () => {
    const [alone] = round(1, 1);
    expect(ratioTable([alone as Measured], ['Envoy alone'])[2]).toBe(
      '| Envoy alone | – | – | – | – | – | – |',
    );
  });
});
