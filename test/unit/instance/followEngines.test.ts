import { followEngines } from '../../../src/instance/followEngines.ts';
import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import { PlacedPrompts } from '../../../src/scheduling/placedPrompts.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { HitComparison } from '../../../src/signals/readings/hitComparison.ts';
import { PodReadings } from '../../../src/signals/readings/podReadings.ts';
import { endpoint } from '../../support/endpoints.ts';
import { ManualClock } from '../../support/manualClock.ts';
import { chainedCuts } from '../../support/promptCuts.ts';

const [one, other] = [endpoint('10.0.0.1:8000'), endpoint('10.0.0.2:8000')];
const both = [one, other];

let clock: ManualClock;
let readings: PodReadings;
let placed: PlacedPrompts;
let hits: HitComparison;
let restarted: string[];
beforeEach(() => {
  clock = new ManualClock();
  const nowMs = (): number => clock.nowMs();
  readings = new PodReadings(nowMs);
  hits = new HitComparison(nowMs);
  restarted = [];
  placed = new PlacedPrompts({
    pods: { cacheTokens: 400_000, prefillTokensPerSecond: 16_000 },
    random: Math.random,
    nowMs,
  });
  followEngines({ readings, placed, hits, onRestarted: (address) => restarted.push(address) });
});

const say = (address: string, counters: { promptTokens: number; cacheTokens?: number }): void =>
  readings.add(address, { reading: { engine: 'vllm', ...counters }, ageMs: 0, from: 'a' });
const cached = (): number => placed.prefixesOf(one.address)?.matchedCuts(chainedCuts(1, 20)) ?? 0;

describe('what is known of the cache of a pod', () => {
  it('is nothing when its engine has restarted', () => {
    say(one.address, { promptTokens: 50_000 });
    placed.place(chainedCuts(1, 20), one, both);
    say(one.address, { promptTokens: 51_300 });
    expect([cached(), restarted]).toEqual([20, []]);
    say(one.address, { promptTokens: 200 });
    expect([cached(), restarted]).toEqual([0, [one.address]]);
    placed.place(chainedCuts(1, 20), one, both);
    expect(cached()).toBe(20);
  });

  it('is no more than fits into it by its own word', () => {
    placed.place(chainedCuts(1, 20), one, both);
    say(one.address, { promptTokens: 50_000, cacheTokens: 4_000 });
    placed.place(chainedCuts(2, 100), one, both);
    expect(cached()).toBe(0);
  });
});

describe('the policy prefix', () => {
  it('leaves a pod whose engine has restarted, and one whose KV cache is full', () => {
    const policies = new PolicySet({ random: () => 0.5, placed, readings, nowMs: () => clock.nowMs() });
    const prefix = policies.named('prefix');
    const load = new MemoryLedger();
    const prompt = chainedCuts(1, 400);
    const choose = () => prefix?.choose(both, load, { prompt })?.address;
    placed.place(prompt, one, both);
    clock.advance(60_000);
    say(one.address, { promptTokens: 50_000 });
    expect(choose()).toBe(one.address);
    readings.add(one.address, {
      reading: { engine: 'vllm', promptTokens: 50_000, kvUse: 1 },
      ageMs: 0,
      from: 'a',
    });
    const [ofFull = 0, ofOther = 0] = prefix?.costs?.(both, load, { prompt }) ?? [];
    readings.add(one.address, {
      reading: { engine: 'vllm', promptTokens: 50_000, kvUse: 0 },
      ageMs: 0,
      from: 'a',
    });
    const [ofEmpty = 0] = prefix?.costs?.(both, load, { prompt }) ?? [];
    expect(ofFull - ofEmpty).toBeCloseTo(1, 5);
    say(one.address, { promptTokens: 100 });
    const [afterRestart = 0] = prefix?.costs?.(both, load, { prompt }) ?? [];
    expect(afterRestart).toBeCloseTo(ofOther, 5);
  });
});
