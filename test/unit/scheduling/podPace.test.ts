import { PodPace, relativePaces } from '../../../src/scheduling/podPace.ts';

/** Ten requests, each of which makes a token a step, and prompts as well. */
function paceOf(stepMs: number, { running = 10, seconds = 120 } = {}): number | undefined {
  const pace = new PodPace();
  for (let second = 0; second <= seconds; second += 1) {
    const generatedTokens = (10 * 1000 * second) / stepMs;
    const reading = { atMs: 1000 * second, running, generatedTokens };
    const assignedTokens = (5_000 * second * 20) / stepMs;
    pace.observe({ reading, assignedTokens, tokensPerMs: 20, cacheTokens: 400_000 });
  }
  return pace.ratio;
}

describe('how fast a pod works', () => {
  it('is half where the same work takes twice as long', () => {
    const [usual = 0, slow = 0] = [paceOf(20), paceOf(40)];
    expect(slow / usual).toBeCloseTo(0.5);
  });

  it.each([
    ['it was not read for long', paceOf(20, { seconds: 20 })],
    ['it may have been idle in between', paceOf(20, { running: 1 })],
  ])('is not known where %s', (_, ratio) => {
    expect(ratio).toBeUndefined();
  });

  it('is judged by the median of the pods, and not by what chance may do', () => {
    expect(relativePaces([1.2, 1, 0.9, 0.5, undefined])).toEqual([1, 1, 1, 0.5 / 1, 1]);
    expect(relativePaces([1, 1, 1, 0.01, 9])).toEqual([1, 1, 1, 0.25, 2]);
    expect(relativePaces([1, 0.5])).toEqual([1, 1]);
  });
});
