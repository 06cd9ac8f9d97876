import { bars } from '../../../../bench/balance/summary.ts';
import { upgradeChart } from '../../../../bench/balance/upgradeChart.ts';
import { waitChart } from '../../../../bench/balance/waitChart.ts';
import { sampleRound, sampleUpgrade } from './sampleMeasured.ts';

describe('the chart of the waits', () => {
  const measured = [
    sampleRound(1, 'on', 1, 100),
    sampleRound(4, 'on', 1, 120),
    sampleRound(4, 'on', 2, 140),
    sampleRound(4, 'off', 1, 200),
  ];
  const svg = waitChart(bars(measured), 'Waits & more');

  it('has one bar per setup with its value, and one label per number of instances', () => {
    for (const text of ['>100<', '>140<', '>200<', '>1 instance<', '>4 instances<', 'Waits &amp; more']) {
      expect(svg).toContain(text);
    }
    expect(svg.match(/<rect class="i\d" x="[\d.]+" y="[\d.]+" width="44"/g)).toHaveLength(3);
  });

  it('is self-contained, in light and in dark', () => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toContain('NaN');
  });
});

describe('the chart of an upgrade', () => {
  const svg = upgradeChart([sampleUpgrade('on'), sampleUpgrade('off', 3)], 'An upgrade');

  it('has two lines per run, and marks of the upgrade and of failures', () => {
    for (const nth of [0, 1]) expect(svg.match(new RegExp(`class="line i${nth}" d=`, 'g'))).toHaveLength(2);
    expect(svg).toContain('>10 s, 0 failed<');
    expect(svg).toContain('>10 s, 3 failed<');
    expect(svg).not.toContain('NaN');
  });

  it('interrupts the line where nothing was measured', () => {
    const run = sampleUpgrade('on');
    const gap = { ...run, samples: run.samples.filter(({ atMs }) => atMs < 5_000 || atMs >= 7_000) };
    const [, path] = /class="line i0" d="([^"]*)"/.exec(upgradeChart([gap], 'An upgrade')) ?? [];
    expect(path?.match(/M/g)).toHaveLength(2);
  });
});
