import { type Scenario, usual } from '../../../tools/simulator/scenario.ts';
import {
  batonScheme,
  envoyAlone,
  globalShortestQueue,
  independentShortestQueue,
  independentTwoChoices,
  type Scheme,
} from '../../../tools/simulator/schemes.ts';
import { simulate } from '../../../tools/simulator/simulate.ts';

/**
 * Two seeds, few requests: enough for ratios that are far from their bounds, and the same each
 * time. Still too long for the unit tests.
 */
const seeds = [1, 2];
const short: Scenario = { ...usual, requests: 5_000 };

const manyPods: Scenario = { ...short, pods: 200 };
const slowPods: Scenario = { ...short, slowness: 2 };
const known = new Map<Scenario, Map<Scheme, number>>();

async function p99Ms(scenario: Scenario, scheme: Scheme): Promise<number> {
  const ofScenario = known.get(scenario) ?? new Map<Scheme, number>();
  known.set(scenario, ofScenario);
  let mean = ofScenario.get(scheme);
  if (mean === undefined) {
    mean = 0;
    for (const seed of seeds) mean += (await simulate(scenario, scheme, seed)).waitMs.p99 / seeds.length;
    ofScenario.set(scheme, mean);
  }
  return mean;
}

describe('eight instances that share their counts', () => {
  it.each<[string, Scenario]>([
    ['as usual', short],
    ['when half of the pods take twice as long', slowPods],
    ['when requests come in bursts', { ...short, arrivals: 'bursts' }],
    ['while they are upgraded', { ...short, churn: 'upgrade' }],
  ])('let requests wait at most 1.6 times as long as one that knows everything, %s', async (_, scenario) => {
    expect(await p99Ms(scenario, batonScheme)).toBeLessThanOrEqual(
      1.6 * (await p99Ms(scenario, globalShortestQueue)),
    );
  });

  it.each<[string, Scenario]>([
    ['20 pods', short],
    ['200 pods', manyPods],
    ['20 pods of which half take twice as long', slowPods],
  ])('let requests wait at most 0.4 times as long as independent two choices, on %s', async (_, scenario) => {
    const shared = await p99Ms(scenario, batonScheme);
    expect(shared).toBeLessThanOrEqual(0.4 * (await p99Ms(scenario, independentTwoChoices)));
    expect(shared).toBeLessThanOrEqual(0.4 * (await p99Ms(scenario, envoyAlone)));
  });

  it('do no worse than independent ones when they share counts only every 500 ms', async () => {
    const stale: Scenario = { ...short, syncMs: 500 };
    expect(await p99Ms(stale, batonScheme)).toBeLessThanOrEqual(await p99Ms(stale, independentShortestQueue));
  });

  it('write to the store no more often than their interval allows', async () => {
    const { writesPerSecond } = await simulate({ ...short, syncMs: 500 }, batonScheme, 1);
    expect(writesPerSecond).toBeLessThanOrEqual(2);
  });
});

describe('a simulation', () => {
  it('comes out the same each time', async () => {
    const scenario: Scenario = { ...short, requests: 1_000, loss: 0.1, churn: 'crash' };
    expect(await simulate(scenario, batonScheme, 3)).toEqual(await simulate(scenario, batonScheme, 3));
  });
});
