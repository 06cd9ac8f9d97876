import {
  balanceRequestsPerSecond,
  readAnswers,
  tokenMs,
  traceText,
} from '../../../../bench/balance/requests.ts';

const load = { pods: 12, slots: 8, serviceMs: 800, utilisation: 0.9 };

describe('the requests of a round', () => {
  it('are the same for the same seed, and different for another', () => {
    expect(traceText(load, 10, 1)).toBe(traceText(load, 10, 1));
    expect(traceText(load, 10, 1)).not.toBe(traceText(load, 10, 2));
  });

  it('have the rate and lengths for the utilisation', () => {
    const seconds = 600;
    const lines = traceText(load, seconds, 1).trim().split('\n');
    expect(lines.length / seconds).toBeCloseTo(balanceRequestsPerSecond(load), -1);
    const tokens = lines.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
    expect((tokens * tokenMs) / lines.length / load.serviceMs).toBeCloseTo(1, 1);
    expect(Number(lines.at(-1)?.split(' ')[0])).toBeLessThanOrEqual(seconds * 1000);
  });
});

it('a result is parsed with its status', () => {
  expect(readAnswers('12.500 800.250 20.10 ok\n13.000 1.000 0.00 status_HTTP/1.1_503\n')).toEqual([
    { atMs: 12.5, tookMs: 800.25, queuedMs: 20.1, isOk: true },
    { atMs: 13, tookMs: 1, queuedMs: 0, isOk: false },
  ]);
});
