import { maxOverMean, mean, p99Ratio, quantile } from '../../../../bench/balance/statistics.ts';

const upTo = (most: number, factor = 1) => Array.from({ length: most }, (_, index) => index * factor);

it.each([
  [0, 0],
  [0.5, 50],
  [0.99, 99],
  [1, 99],
])('the quantile %d of 0 to 99 is %d', (part, expected) => {
  expect(quantile(upTo(100).toReversed(), part)).toBe(expected);
});

it('the quantile and the mean of nothing are 0', () => {
  expect(quantile([], 0.99)).toBe(0);
  expect(mean([])).toBe(0);
});

it('the busiest pod is compared with the mean of all, except while all are idle', () => {
  expect(maxOverMean([1, 2, 3])).toBe(1.5);
  expect(maxOverMean([0, 0])).toBeUndefined();
});

describe('when two setups are compared', () => {
  const one = [
    { round: 1, queuedMs: upTo(100) },
    { round: 2, queuedMs: upTo(100, 10) },
    { round: 3, queuedMs: upTo(100, 1000) },
  ];

  it('counts only rounds that both have', () => {
    const other = [{ round: 2, queuedMs: upTo(100, 20) }];
    expect(p99Ratio(other, one)).toEqual({ pooled: 2, least: 2, most: 2, rounds: 1 });
  });

  it('has the quantile of all rounds together, and the spread of the rounds', () => {
    const other = [
      { round: 1, queuedMs: upTo(100, 5) },
      { round: 2, queuedMs: upTo(100, 20) },
    ];
    // The largest waits are those of the second round.
    expect(p99Ratio(other, one)).toEqual({ pooled: 1960 / 980, least: 2, most: 5, rounds: 2 });
  });

  it('is undefined without a common round', () => {
    expect(p99Ratio([{ round: 9, queuedMs: [1] }], one)).toBeUndefined();
  });
});
