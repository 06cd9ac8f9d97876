import { PodPrefixes } from '../../../src/prefix/podPrefixes.ts';
import type { PromptCuts } from '../../../src/request/promptCuts.ts';
import { chainedCuts } from '../../support/promptCuts.ts';

/** The clock of a pod's cache counts the tokens that the pod computed, and only grows. */
const capacityTokens = 100_000;
const cuts = 20;
/** Of the last stamp that its table can hold. */
const lastTokens = 256 * (2 ** 32 - 2);

/** One without cuts, which takes the clock forward. */
const longPrompt = (totalTokens: number): PromptCuts => {
  return { keys: new Uint32Array(), tokens: new Float64Array(), totalTokens };
};

describe.each([2 ** 28, 2 ** 31, 2 ** 32, 2 ** 40 - 2 ** 20, lastTokens - 10_000, lastTokens])(
  'a pod that has computed %d tokens',
  (tokens) => {
    it('has in its cache what came last, and not what was before', () => {
      const pod = new PodPrefixes(capacityTokens);
      pod.place(chainedCuts(1, cuts));
      expect(pod.matchedCuts(chainedCuts(1, cuts))).toBe(cuts);
      pod.place(longPrompt(tokens));
      expect(pod.matchedCuts(chainedCuts(1, cuts))).toBe(0);
      for (let chain = 2; chain < 50; chain += 1) {
        expect(pod.place(chainedCuts(chain, cuts))).toBe(chainedCuts(chain, cuts).totalTokens);
        expect(pod.matchedCuts(chainedCuts(chain, cuts))).toBe(cuts);
      }
    });
  },
);

it('a clock that is over begins again with an empty cache', () => {
  const pod = new PodPrefixes(capacityTokens);
  pod.place(longPrompt(lastTokens - 1_000));
  pod.place(chainedCuts(1, 5));
  expect(pod.matchedCuts(chainedCuts(1, 5))).toBe(5);
  pod.place(chainedCuts(2, cuts));
  expect([1, 2].map((chain) => pod.matchedCuts(chainedCuts(chain, 5)))).toEqual([0, 5]);
});
