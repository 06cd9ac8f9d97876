import { areaPath, formatElapsed, linePath, niceStep, scale, timeTicks } from '../../../tools/charts/axes.ts';

it.each([
  [100, 50],
  [90, 50],
  [31, 20],
  [3, 1],
  [0.2, 0.1],
  [0, 1],
])('steps to %d by %d', (value, step) => {
  expect(niceStep(value, 3)).toBeCloseTo(step);
});

it.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [90_000, '1:30'],
  [3_725_000, '1:02:05'],
])('formats %d ms as %s', (ms, text) => {
  expect(formatElapsed(ms)).toBe(text);
});

it.each([8000, 60_000, 900_000, 90_000_000])('labels a few times of %d ms', (endMs) => {
  const ticks = timeTicks(endMs, 12);
  expect(ticks[0]).toBe(0);
  expect(ticks.length).toBeGreaterThan(4);
  expect(ticks.length).toBeLessThanOrEqual(13);
  expect(ticks.at(-1)).toBeLessThanOrEqual(endMs);
});

it('scales to a descending range and from an empty one', () => {
  expect(scale([0, 10], [100, 0])(2.5)).toBe(75);
  expect(scale([5, 5], [0, 100])(5)).toBe(0);
});

it('breaks a line where there is no value', () => {
  expect(linePath([{ x: 0, y: 1 }, { x: 1, y: 1 }, undefined, { x: 3, y: 2 }])).toBe('M0 1L1 1M3 2');
});

it('closes an area', () => {
  expect(
    areaPath(
      [
        { x: 0, y: 1 },
        { x: 2, y: 1 },
      ],
      [
        { x: 0, y: 5 },
        { x: 2, y: 5 },
      ],
    ),
  ).toBe('M0 1L2 1L2 5L0 5Z');
});
