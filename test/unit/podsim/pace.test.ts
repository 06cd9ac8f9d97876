import { drawPace, dueAtMs, dueTokens } from '../../../tools/podsim/pace.ts';

describe('the pace of a completion', () => {
  it('is as configured without jitter, and later for a prompt to compute', () => {
    const pace = drawPace({ ttftMs: 50, tokenMs: 10, promptTokenMs: 0.1, jitter: 0 }, () => 0.99, 200);
    expect(pace).toEqual({ firstMs: 70, everyMs: 10 });
  });

  it.each([
    ['slowest', 1, 60, 12],
    ['fastest', 0, 40, 8],
    ['in the middle', 0.5, 50, 10],
  ])('with jitter is spread to both sides: %s', (_where, random, firstMs, everyMs) => {
    const pace = drawPace({ ttftMs: 50, tokenMs: 10, promptTokenMs: 0, jitter: 0.2 }, () => random, 0);
    expect(pace.firstMs).toBeCloseTo(firstMs);
    expect(pace.everyMs).toBeCloseTo(everyMs);
  });

  it.each([
    [49.9, 0],
    [50, 1],
    [59.9, 1],
    [60, 2],
    [1050, 101],
  ])('has after %d ms made %d tokens', (elapsedMs, tokens) => {
    expect(dueTokens({ firstMs: 50, everyMs: 10 }, elapsedMs)).toBe(tokens);
  });

  it('is consistent about when a token is due', () => {
    const pace = { firstMs: 50, everyMs: 7 };
    for (let index = 0; index < 100; index++) expect(dueTokens(pace, dueAtMs(pace, index))).toBe(index + 1);
  });
});
