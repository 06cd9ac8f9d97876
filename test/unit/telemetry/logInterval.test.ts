import { LogInterval, LogIntervals } from '../../../src/telemetry/logInterval.ts';

describe('lines of one interval', () => {
  it.each([1, 3])('are at most %i, and the next one counts those that were left out', (lines) => {
    let nowMs = 0;
    const interval = new LogInterval(1_000, { lines, nowMs: () => nowMs });
    const logged: number[] = [];
    const log = () => interval.log((suppressed) => logged.push(suppressed));
    for (let nth = 0; nth < lines + 5; nth += 1) log();
    expect(logged).toEqual(Array(lines).fill(0));
    nowMs = 999;
    log();
    expect(logged).toHaveLength(lines);
    nowMs = 1_000;
    for (let nth = 0; nth < lines + 1; nth += 1) log();
    expect(logged).toEqual([...Array(lines).fill(0), 6, ...Array(lines - 1).fill(0)]);
  });
});

describe('lines of several kinds', () => {
  it('have intervals of their own', () => {
    const intervals = new LogIntervals<string>(1_000_000);
    const logged: string[] = [];
    for (const kind of ['a', 'b', 'a', 'b']) intervals.log(kind, () => logged.push(kind));
    expect(logged).toEqual(['a', 'b']);
  });
});
