import { balanceChart } from '../../../tools/simulator/chart.ts';
import type { SimulationOutcome } from '../../../tools/simulator/observations.ts';
import { combine, simulationTable } from '../../../tools/simulator/table.ts';

const outcome = (p99: number): SimulationOutcome => ({
  requests: 10,
  waitMs: { p50: 0, p99, p999: 2 * p99 },
  maxOverMean: 1.2,
  herds: 0,
  writesPerSecond: 14,
});
const rows = [{ scenario: 'usual', scheme: 'baton', ...combine([outcome(100), outcome(300)]) }];

describe('the result of several seeds', () => {
  it('is their mean, over all their requests', () => {
    expect(combine([outcome(100), outcome(300)])).toEqual({ ...outcome(200), requests: 20 });
  });

  it('is a row of a Markdown table', () => {
    expect(simulationTable(rows)).toEqual([
      '| usual | p50 | p99 | p99.9 | max/mean | herds | writes/s |',
      '| ----- | --: | --: | ----: | -------: | ----: | -------: |',
      '| baton |   0 | 200 |   400 |     1.20 |   0.0 |     14.0 |',
    ]);
  });

  it('is a bar of a chart', () => {
    const svg = balanceChart(rows);
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(svg).toContain('>baton</text>');
    expect(svg).toContain('>200</text>');
  });
});
