import { total } from '../../../../bench/balance/prometheus.ts';

const text = `# HELP puts_total Puts.
# TYPE puts_total counter
puts_total 12
puts_total_size 99
lag_bucket{instance="a",le="0.05"} 5
lag_bucket{instance="a",le="0.5"} 7
lag_bucket{instance="b",le="0.05"} 1e+1 1700000000000
`;

it.each([
  ['a series without labels', 'puts_total', [], 12],
  ['the sum of all series of a name', 'lag_bucket', [], 22],
  ['the sum of those with a label', 'lag_bucket', ['le="0.05"'], 15],
  ['0 of what is not there', 'puts', [], 0],
])('reads %s', (_, name, labels, expected) => {
  expect(total(text, name, ...labels)).toBe(expected);
});
