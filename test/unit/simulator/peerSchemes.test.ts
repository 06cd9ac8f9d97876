import { enginePresets } from '../../../tools/podsim/engine/enginePresets.ts';
import { InferencePod } from '../../../tools/podsim/engine/inferencePod.ts';
import { blockTokens, type InferenceRequest } from '../../../tools/simulator/inference/inferenceTrace.ts';
import { pooledLruHitShare } from '../../../tools/simulator/inference/pooledLru.ts';
import { AibrixRouter } from '../../../tools/simulator/inference/routers/aibrix.ts';
import { DynamoRouter } from '../../../tools/simulator/inference/routers/dynamo.ts';
import { LlmdAffinityRouter } from '../../../tools/simulator/inference/routers/llmdAffinity.ts';
import { ApproximateIndex } from '../../../tools/simulator/inference/routers/prefixIndex.ts';
import { SmgRouter } from '../../../tools/simulator/inference/routers/smg.ts';
import { seededRandom } from '../../../tools/simulator/seededRandom.ts';
import { VirtualClock } from '../../../tools/simulator/virtualClock.ts';

const random = seededRandom(3);
const podCount = 4;

/** A prompt of so many whole blocks, and a little more. */
function prompt(first: number, count: number): InferenceRequest {
  const blocks = Array.from({ length: count + 1 }, (_, n) => first + n);
  return { atMs: 0, inputTokens: count * blockTokens + 10, outputTokens: 100, blocks };
}

function pods(): InferencePod[] {
  const clock = new VirtualClock();
  return Array.from({ length: podCount }, () => new InferencePod(enginePresets['8b'], clock));
}

describe('SMG', () => {
  it('keeps a beginning on one worker, until that one has far more requests than another', () => {
    const router = new SmgRouter(podCount, random);
    const home = router.route(prompt(0, 10)).pod;
    for (let n = 1; n < 65; n += 1) expect(router.route(prompt(0, 10)).pod).toBe(home);
    expect(router.route(prompt(0, 10)).pod).not.toBe(home);
  });

  it('takes the least loaded worker where less than a third of the prompt is known', () => {
    const router = new SmgRouter(podCount, random);
    const homes = [0, 1, 2, 3].map((n) => router.route(prompt(100 * n, 10)).pod);
    expect(new Set(homes).size).toBe(podCount);
  });
});

describe('AIBrix', () => {
  it('keeps a beginning on its pod within one deviation of the mean', () => {
    const router = new AibrixRouter(podCount, random);
    const first = router.route(prompt(0, 10));
    first.onEnd?.();
    expect(router.route(prompt(0, 10)).pod).toBe(first.pod);
  });

  it('forgets what 200,000 tokens of any pods have followed', () => {
    const homes = Array.from({ length: 40 }, () => {
      const router = new AibrixRouter(podCount, random);
      const home = router.route(prompt(0, 10));
      home.onEnd?.();
      for (let n = 1; n <= 40; n += 1) router.route(prompt(100 * n, 10)).onEnd?.();
      return router.route(prompt(0, 10)).pod === home.pod;
    });
    expect(homes).toContain(false);
  });
});

describe('the optimized baseline of llm-d', () => {
  it('keeps a beginning on its pod for 18 s of its own prompts, until their first tokens', () => {
    const router = new LlmdAffinityRouter(podCount, new ApproximateIndex(pods()), random);
    const home = router.route(prompt(0, 160));
    home.onFirstToken?.();
    const busy = Array.from({ length: 40 }, () => router.route(prompt(0, 160)));
    expect(new Set(busy.map(({ pod }) => pod))).toEqual(new Set([home.pod]));
    // 80 % of it is known, so that a fifth of each has to be computed: 19 s for 18 of them.
    const longer = Array.from({ length: 18 }, (_, n) => {
      const { blocks, ...rest } = prompt(0, 200);
      return router.route({
        ...rest,
        blocks: blocks.map((one, at) => (at < 160 ? one : 1_000 * (n + 1) + at)),
      });
    });
    expect(longer.some(({ pod }) => pod !== home.pod)).toBe(true);
  });
});

describe('Dynamo', () => {
  it('counts what is to be prefilled and the blocks of active requests, shared ones once', () => {
    const router = new DynamoRouter(podCount, new ApproximateIndex(pods()), random);
    const home = router.route(prompt(0, 20));
    home.onFirstToken?.();
    for (let n = 0; n < 5; n += 1) {
      const sibling = router.route(prompt(0, 20));
      expect(sibling.pod).toBe(home.pod);
      sibling.onFirstToken?.();
    }
    expect(router.route(prompt(500, 20)).pod).not.toBe(home.pod);
  });
});

describe('one LRU cache for the fleet', () => {
  it('finds what was there before, but for the last token, until others took its place', () => {
    const whole = { ...prompt(0, 10), inputTokens: 10 * blockTokens };
    expect(pooledLruHitShare([whole, whole], 1_000_000)).toBeCloseTo(9 / 20);
    expect(pooledLruHitShare([whole, prompt(100, 10), whole], 10 * blockTokens)).toBe(0);
    // The tail goes first.
    expect(
      pooledLruHitShare([prompt(0, 10), prompt(100, 5), prompt(0, 10)], 10 * blockTokens),
    ).toBeGreaterThan(0.15);
  });
});
