import { balanceTable, costTable, upgradeTable, verdicts } from '../../../../bench/balance/summary.ts';
import { sampleRound, sampleUpgrade } from './sampleMeasured.ts';

const check = {
  instances: 8,
  reservations: 500,
  missed: 0,
  p50Ms: 12,
  p99Ms: 30,
  mostMs: 41,
  fromWriteMs: { p50: 4, p99: 9 },
};

const measured = [
  sampleRound(4, 'off', 1, 200),
  sampleRound(4, 'on', 1, 110),
  sampleRound(4, 'on', 2, 210),
  sampleRound(1, 'on', 1, 100),
  sampleRound(1, 'on', 2, 200),
];

describe('the verdicts', () => {
  it('show the deciding figure of each target', () => {
    expect(verdicts(measured, check)).toEqual([
      'M = 4 / M = 1, p99 queueing, sharing: 1.05 (1.05–1.10 by round); target ≤ 1.15: reached',
      'M = 4 / M = 1, p99 queueing, nothing shared: 2.00',
      'View age, 4 instances, own watch events: p99 12.0 (12.0–12.0) ms; 99.50 % of 2000 writes seen within 50 ms; target 99 % ≤ 50 ms: reached',
      "View age, 8 instances, on one clock (reservation to the other's count): p50 12.0, p99 30.0, most 41.0 ms of 500, 0 missed; from the write on p50 4.0, p99 9.0 ms; target p99 ≤ 50 ms: reached",
    ]);
  });

  it('show the missed targets', () => {
    const uneven = [sampleRound(1, 'on', 1, 100), sampleRound(4, 'on', 1, 116)];
    expect(verdicts(uneven, { ...check, missed: 1 })).toEqual([
      'M = 4 / M = 1, p99 queueing, sharing: 1.16; target ≤ 1.15: missed',
      expect.stringMatching(/reached$/),
      expect.stringMatching(/1 missed; .*: missed$/),
    ]);
  });

  it('have no ratio when one instance was not measured', () => {
    expect(verdicts([sampleRound(4, 'off', 1, 200)], undefined)).toEqual([]);
  });
});

describe('the tables', () => {
  it('have one row per setup, the sharing one first', () => {
    expect(balanceTable(measured)).toEqual([
      '| instances         | rounds | requests | failed | max/mean | p50 | p99 |  p99 by round |     simulated |',
      '| ----------------- | -----: | -------: | -----: | -------: | --: | --: | ------------: | ------------: |',
      '| 1                 |      2 |     2000 |      0 |     1.20 |   0 | 200 | 200 (100–200) |  190 (90–190) |',
      '| 4                 |      2 |     2000 |      0 |     1.20 |   0 | 210 | 210 (110–210) | 200 (100–200) |',
      '| 4, nothing shared |      1 |     1000 |      0 |     1.20 |   0 | 200 | 200 (200–200) | 190 (190–190) |',
    ]);
    expect(costTable(measured).at(-1)).toMatch(/^\| 4, nothing shared \| +–/);
  });

  it('show an upgrade in three parts', () => {
    const lines = upgradeTable([sampleUpgrade('on', 2)]);
    expect(lines).toHaveLength(5);
    expect(lines[2]).toContain('2 of 300');
    expect(lines[3]).toMatch(/^\| +\| during \| +10 \| +100 \|/);
  });
});
