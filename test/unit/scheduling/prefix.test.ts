import type { PodEntries } from '../../../src/prefix/podEntries.ts';
import type { PromptCuts } from '../../../src/request/promptCuts.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import type { Load } from '../../../src/scheduling/load.ts';
import { PlacedPrompts } from '../../../src/scheduling/placedPrompts.ts';
import type { Policy } from '../../../src/scheduling/policy.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { endpoints, loads } from '../../support/endpoints.ts';
import { chainedCuts } from '../../support/promptCuts.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const idle = loads({});
const pods = endpoints(8);

class Instance {
  nowMs = 0;
  readonly policy: Policy;
  readonly placed: PlacedPrompts;

  constructor(cacheTokens = 400_000) {
    const options = {
      random: seededRandom(7),
      nowMs: () => this.nowMs,
      pods: { cacheTokens, prefillTokensPerSecond: 16_000 },
    };
    this.placed = new PlacedPrompts(options);
    const policies = new PolicySet({ ...options, placed: this.placed });
    this.policy = policies.named('prefix') as Policy;
  }

  pick(prompt: PromptCuts, load: Load = idle, candidates: readonly Endpoint[] = pods): Endpoint {
    const chosen = this.policy.choose(candidates, load, { prompt });
    this.policy.onPicked?.(chosen, candidates, { prompt });
    return chosen;
  }
}

/** Long enough that all prompts were computed. */
const muchLaterMs = 60_000;

describe('prefix', () => {
  it('sends the turns of a conversation where the turns before went', () => {
    const instance = new Instance();
    const homes = new Map<number, Endpoint>();
    for (let turn = 1; turn <= 10; turn += 1) {
      for (let chat = 0; chat < 30; chat += 1) {
        instance.nowMs += 100;
        const home = instance.pick(chainedCuts(chat, 20 * turn));
        expect(home).toBe(homes.get(chat) ?? home);
        homes.set(chat, home);
      }
    }
    expect(new Set(homes.values()).size).toBe(pods.length);
  });

  it('spreads prompts that begin alike over pods, as soon as some wait', () => {
    const instance = new Instance();
    const inFlight: Record<string, number> = {};
    for (let chat = 0; chat < 40; chat += 1) {
      const { address } = instance.pick(chainedCuts(999, 100, { at: 20, to: chat }), loads(inFlight));
      inFlight[address] = (inFlight[address] ?? 0) + 1;
    }
    expect(Object.keys(inFlight)).toHaveLength(pods.length);
  });

  it('goes elsewhere while so many wait there that computing the prompt again is sooner', () => {
    const instance = new Instance();
    const prompt = chainedCuts(1, 60);
    const home = instance.pick(prompt);
    instance.nowMs += muchLaterMs;
    expect(instance.pick(prompt, loads({ [home.address]: 8 }))).toBe(home);
    instance.nowMs += muchLaterMs;
    expect(instance.pick(prompt, loads({ [home.address]: 200 }))).not.toBe(home);
  });

  it('stays where the prompt is although others are sooner, where all are crowded', () => {
    const isHome = (crowdTokens: number): boolean => {
      const instance = new Instance();
      const prompt = chainedCuts(1, 60);
      const home = instance.pick(prompt);
      instance.nowMs += muchLaterMs;
      const busy = loads(Object.fromEntries(pods.map(({ address }) => [address, 1])));
      pods.forEach((pod, n) => {
        const cuts = (crowdTokens + (pod === home ? 24_000 : 0)) / 64;
        instance.placed.place(chainedCuts(100 + n, cuts), pod, pods);
      });
      return instance.policy.choose(pods, busy, { prompt }) === home;
    };
    expect(isHome(640)).toBe(false);
    expect(isHome(128_000)).toBe(true);
  });

  it('counts the tokens that wait, not only the requests', () => {
    const instance = new Instance();
    const short = chainedCuts(1, 20);
    const home = instance.pick(short);
    instance.nowMs += muchLaterMs;
    // A prompt of 128,000 tokens, for which all but one pod are too busy.
    const others = Object.fromEntries(
      pods.filter((pod) => pod !== home).map(({ address }) => [address, 500]),
    );
    expect(instance.pick(chainedCuts(2, 2_000), loads(others))).toBe(home);
    expect(instance.pick(short, loads({ [home.address]: 1 }))).not.toBe(home);
    // Whatever it was taken to wait for, the pod has answered.
    expect(instance.pick(short, idle)).toBe(home);
  });

  it('takes a pod to compute what peers assigned from when that is known, not from its next decision', () => {
    const [one, other] = [new Instance(), new Instance()];
    const home = pods[0] as Endpoint;
    const load = { ...loads({ [home.address]: 1 }), assignedTokens: () => 16_000 };
    const prompt = chainedCuts(1, 10);
    const costOf = ({ policy }: Instance): number => policy.costs?.([home], load, { prompt })[0] ?? 0;
    for (const { placed } of [one, other]) {
      placed.of(home);
      placed.onAssigned(home.address, 0);
    }
    one.placed.onAssigned(home.address, 16_000);
    for (const instance of [one, other]) instance.nowMs = 500;
    expect(costOf(other) - costOf(one)).toBeCloseTo(0.5);
  });

  it('forgets a prompt when as many tokens as the cache holds came after it', () => {
    const instance = new Instance(50_000);
    const [pod] = pods.slice(0, 1);
    const prompt = chainedCuts(1, 100);
    const costOf = (): number => instance.policy.costs?.([pod as Endpoint], idle, { prompt })[0] ?? 0;
    instance.pick(prompt, idle, pods.slice(0, 1));
    instance.nowMs += muchLaterMs;
    const warm = costOf();
    for (let other = 2; other < 12; other += 1)
      instance.pick(chainedCuts(other, 100), idle, pods.slice(0, 1));
    instance.nowMs += muchLaterMs;
    expect(costOf()).toBeGreaterThan(10 * warm);
  });

  it('places a new prompt alike in two instances that have not talked', () => {
    const [one, other] = [new Instance(), new Instance()];
    // A system prompt that both have placed, on pods of their own.
    for (let n = 0; n < 20; n += 1) {
      one.nowMs += muchLaterMs;
      one.pick(chainedCuts(999, 10, { at: 5, to: n }));
      other.nowMs += muchLaterMs;
      other.pick(chainedCuts(999, 10, { at: 5, to: 100 + n }));
    }
    const siblings = Array.from({ length: 20 }, (_, n) => chainedCuts(999, 100, { at: 5, to: 1_000 + n }));
    const placed = (instance: Instance): string[] =>
      siblings.map((prompt) => {
        instance.nowMs += muchLaterMs;
        return instance.pick(prompt).address;
      });
    expect(placed(one)).toEqual(placed(other));
  });

  it('names the next cheapest as alternates: a retry finds the second best match', () => {
    const instance = new Instance();
    const prompt = chainedCuts(1, 200);
    const home = instance.pick(prompt);
    const second = instance.pick(prompt, loads({ [home.address]: 500 }));
    instance.nowMs += muchLaterMs;
    expect(second).not.toBe(home);
    const load = loads({ [second.address]: 1 });
    const chosen = instance.policy.choose(pods, load, { prompt });
    const alternates = instance.policy.alternates?.(chosen, pods, load, { prompt }) ?? [];
    expect(alternates).toHaveLength(2);
    expect([chosen, alternates[0]]).toEqual(expect.arrayContaining([home, second]));
    expect(alternates).not.toContain(chosen);
  });

  it('finds the one pod of 5,000 that has the prompt', () => {
    const many = Array.from({ length: 5_000 }, (_, n) => ({
      ...(pods[0] as Endpoint),
      address: `10.1.${n >> 8}.${n & 255}:8000`,
    }));
    const instance = new Instance();
    const homes = Array.from({ length: 50 }, (_, chat) => instance.pick(chainedCuts(chat, 50), idle, many));
    instance.nowMs += muchLaterMs;
    expect(homes.map((_, chat) => instance.pick(chainedCuts(chat, 60), idle, many))).toEqual(homes);
    // A pod that left is no candidate, whatever it had.
    const rest = many.filter((pod) => !homes.includes(pod));
    expect(homes).not.toContain(instance.pick(chainedCuts(0, 60), idle, rest));
  });

  it('finds what others placed, also on pods that it has never used, of a few and of many', () => {
    const [one, other] = [new Instance(), new Instance()];
    const prompt = chainedCuts(1, 100);
    const home = one.pick(prompt);
    const entries = one.placed.prefixesOf(home.address)?.newestEntries(1_000) as PodEntries;
    other.placed.merge(home.address, entries, 0);
    expect(other.policy.choose(pods, loads({ [home.address]: 2 }), { prompt })).toBe(home);

    const many = Array.from({ length: 500 }, (_, n) => ({
      ...home,
      address: `10.1.${n >> 8}.${n & 255}:80`,
    }));
    const [first, last] = [many[7], many[499]] as [Endpoint, Endpoint];
    other.placed.merge(first.address, entries, 0);
    expect(other.pick(prompt, idle, many)).toBe(first);
    const longer = chainedCuts(1, 200);
    one.pick(longer, idle, [home]);
    other.placed.merge(
      last.address,
      one.placed.prefixesOf(home.address)?.newestEntries(1_000) as PodEntries,
      0,
    );
    expect(other.policy.choose(many, idle, { prompt: longer })).toBe(last);
  });

  it('forgets what a pod had when another one has its address, and so do the others', () => {
    const [one, other] = [new Instance(), new Instance()];
    const prompt = chainedCuts(1, 100);
    const home = one.pick(prompt);
    const share = (): void =>
      other.placed.merge(
        home.address,
        one.placed.prefixesOf(home.address)?.newestEntries(1_000) as PodEntries,
        0,
      );
    share();
    expect(other.placed.prefixesOf(home.address)?.matchedCuts(prompt)).toBe(100);
    one.pick(chainedCuts(2, 10), idle, [{ ...home }]);
    share();
    expect(other.placed.prefixesOf(home.address)?.matchedCuts(prompt)).toBe(0);
    expect(other.placed.prefixesOf(home.address)?.matchedCuts(chainedCuts(2, 10))).toBe(10);
  });

  it.each([8, 300])('finds among %d pods what was hashed by another scheme', (count) => {
    const many = endpoints(count);
    const instance = new Instance();
    const before = chainedCuts(1, 100);
    const home = instance.pick(before, idle, many);
    instance.nowMs += muchLaterMs;
    // The same beginning, with half as many cuts and other keys, and 20 cuts more.
    const half = chainedCuts(2, 60);
    const after = { ...half, tokens: half.tokens.map((tokens) => 2 * tokens), totalTokens: 7_700 };
    const otherwise = { ...after, otherwise: [chainedCuts(1, 120)] };
    expect(instance.placed.prefixesOf(home.address)?.matchedCuts(after)).toBe(0);
    expect(instance.placed.prefixesOf(home.address)?.matchedCuts(otherwise)).toBe(50);
    expect(instance.pick(otherwise, loads({ [home.address]: 2 }), many)).toBe(home);
    expect(instance.placed.prefixesOf(home.address)?.matchedCuts(after)).toBe(60);
  });

  it('remembers pods that are no candidates of a request, and few of those that left the pool', () => {
    const instance = new Instance();
    const many = Array.from({ length: 300 }, (_, n) => ({
      ...(pods[0] as Endpoint),
      address: `10.1.${n >> 8}.${n & 255}:8000`,
    }));
    for (const [n, pod] of many.entries()) instance.pick(chainedCuts(n, 10), idle, [pod]);
    for (const pod of pods) instance.pick(chainedCuts(999, 10), idle, [pod]);
    const known = (): number =>
      many.filter(
        ({ address }, n) => instance.placed.prefixesOf(address)?.matchedCuts(chainedCuts(n, 10)) === 10,
      ).length;
    expect(known()).toBe(300);
    instance.placed.keep(new Set(many.map(({ address }) => address)));
    expect([known(), [...instance.placed.addresses()].length]).toEqual([300, 308]);
    instance.placed.keep(new Set(pods.map(({ address }) => address)));
    expect([known(), instance.placed.prefixesOf(many.at(-1)?.address ?? '')]).toEqual([
      64,
      expect.anything(),
    ]);
  });

  it('takes a pod of twice the weight for one of twice the speed', () => {
    const instance = new Instance();
    const [slow, fast] = [
      { ...(pods[0] as Endpoint), weight: 1 },
      { ...(pods[1] as Endpoint), weight: 2 },
    ];
    const [slowCost = 0, fastCost = 0] =
      instance.policy.costs?.([slow, fast], idle, { prompt: chainedCuts(1, 100) }) ?? [];
    expect(slowCost).toBeCloseTo(2 * fastCost);
  });

  it('places a request without a prompt as least-request does', () => {
    const load = loads(Object.fromEntries(pods.slice(1).map(({ address }) => [address, 1])));
    const { policy } = new Instance();
    expect(policy.choose(pods, load, {})).toBe(pods[0]);
    expect(policy.alternates?.(pods[0] as Endpoint, pods, load, {})).toBeUndefined();
  });
});
