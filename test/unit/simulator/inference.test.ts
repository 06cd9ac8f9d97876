import { enginePresets } from '../../../tools/podsim/engine/enginePresets.ts';
import { InferencePod } from '../../../tools/podsim/engine/inferencePod.ts';
import {
  type InferenceScheme,
  inferenceSchemes,
} from '../../../tools/simulator/inference/inferenceSchemes.ts';
import { blockTokens, type InferenceRequest } from '../../../tools/simulator/inference/inferenceTrace.ts';
import { parseMooncakeTrace, replayAt } from '../../../tools/simulator/inference/mooncakeTrace.ts';
import { type InferenceResult, runInference } from '../../../tools/simulator/inference/runInference.ts';
import { generateTrace, type Workload, workloads } from '../../../tools/simulator/inference/workloads.ts';
import { seededRandom } from '../../../tools/simulator/seededRandom.ts';
import { VirtualClock } from '../../../tools/simulator/virtualClock.ts';

/** A prompt of whole blocks: their numbers. */
function prompt(blocks: readonly number[], atMs = 0, outputTokens = 1): InferenceRequest {
  return { atMs, inputTokens: blocks.length * blockTokens, outputTokens, blocks };
}

interface Served {
  firstTokenMs: number;
  endMs: number;
  cachedTokens: number;
}

async function serve(
  requests: readonly InferenceRequest[],
  engine = enginePresets['8b'] as (typeof enginePresets)['8b'] | (typeof enginePresets)['32b'],
  capacityTokens: number = engine.capacityTokens,
): Promise<{ served: Served[]; pod: InferencePod }> {
  const clock = new VirtualClock();
  const pod = new InferencePod({ ...engine, capacityTokens }, clock);
  const served = requests.map(() => ({ firstTokenMs: -1, endMs: -1, cachedTokens: -1 }));
  requests.forEach((request, index) => {
    const seen = served[index] as Served;
    clock.after(request.atMs, () =>
      pod.add(request, {
        onFirstToken: (cachedTokens) => {
          seen.firstTokenMs = clock.nowMs();
          seen.cachedTokens = cachedTokens;
        },
        onEnd: () => {
          seen.endMs = clock.nowMs();
        },
      }),
    );
  });
  await clock.run();
  return { served, pod };
}

const blocksFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, n) => first + n);

describe('a simulated engine', () => {
  it('computes 8,192 tokens of a 32B model in the published 0.40 s', async () => {
    const { served } = await serve([prompt(blocksFrom(0, 16))], enginePresets['32b']);
    expect(served[0]?.firstTokenMs).toBeGreaterThan(400);
    expect(served[0]?.firstTokenMs).toBeLessThan(430);
  });

  it('finds what was computed before, but for the last token', async () => {
    const blocks = blocksFrom(0, 8);
    const longer = [...blocks, ...blocksFrom(100, 4)];
    const { served } = await serve([prompt(blocks), prompt(blocks, 10_000), prompt(longer, 20_000)]);
    expect(served.map(({ cachedTokens }) => cachedTokens / blockTokens)).toEqual([0, 7, 8]);
    expect((served[1] as Served).firstTokenMs - 10_000).toBeLessThan((served[0] as Served).firstTokenMs);
  });

  it('does not find what is computed in the same step', async () => {
    const siblings = [prompt(blocksFrom(0, 4), 1), prompt(blocksFrom(0, 4), 2)];
    const { served } = await serve([prompt(blocksFrom(100, 4)), ...siblings]);
    expect(served.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 0, 0]);
  });

  it('frees the tail of a prompt before its beginning', async () => {
    const first = blocksFrom(0, 10);
    const { served } = await serve(
      [prompt(first), prompt(blocksFrom(100, 10), 10_000), prompt(first, 20_000)],
      enginePresets['8b'],
      16 * blockTokens,
    );
    expect(served[2]?.cachedTokens).toBe(6 * blockTokens);
  });

  it('serves first come, first served, one chunk after the other', async () => {
    const { served } = await serve([prompt(blocksFrom(0, 64)), prompt(blocksFrom(100, 2))]);
    expect((served[1] as Served).firstTokenMs).toBeGreaterThanOrEqual((served[0] as Served).firstTokenMs);
  });

  it('preempts where responses outgrow the cache, and still ends all of them', async () => {
    const requests = Array.from({ length: 6 }, (_, n) => prompt(blocksFrom(100 * n, 4), n, 1_500));
    const { served, pod } = await serve(requests, enginePresets['8b'], 26 * blockTokens);
    expect(pod.preemptions).toBeGreaterThan(0);
    expect(served.every(({ endMs }) => endMs > 0)).toBe(true);
    expect([pod.running, pod.waiting.length, pod.cache.used, pod.decodingTokens]).toEqual([0, 0, 0, 0]);
  });
});

describe('a trace in the format of Mooncake', () => {
  const line = '{"timestamp": 3000, "input_length": 600, "output_length": 5, "hash_ids": [0, 7]}';

  it('has its requests in order of arrival', () => {
    const later = line.replace('3000', '1000');
    expect(parseMooncakeTrace(`${line}\n${later}\n`).map(({ atMs }) => atMs)).toEqual([1000, 3000]);
  });

  it.each([
    ['', 'the trace has no requests'],
    ['x', 'line 1 is no JSON'],
    [`${line}\n[]`, 'line 2: timestamp is undefined; expected a number from 0'],
    [line.replace('600', '0'), 'line 1: input_length is 0; expected a number from 1'],
    [line.replace('[0, 7]', '[0]'), 'line 1: hash_ids has to be a list of 2 whole numbers'],
  ])('is refused where a line is wrong: %j', (text, problem) => {
    expect(() => parseMooncakeTrace(text)).toThrow(problem);
  });

  it('is replayed faster, with requests that share a time spread up to the next', () => {
    const lines = [0, 0, 0, 3000].map((at) => line.replace('3000', String(at))).join('\n');
    const times = replayAt(parseMooncakeTrace(lines), 10, seededRandom(1)).map(({ atMs }) => atMs);
    expect(new Set(times).size).toBe(4);
    expect(times.slice(0, 3).every((atMs) => atMs < 300)).toBe(true);
    expect(replayAt(parseMooncakeTrace(lines), 10, undefined).map(({ atMs }) => atMs)).toEqual([
      0, 0, 0, 300,
    ]);
  });
});

describe('generated workloads', () => {
  it.each(workloads)('$name is the same for a seed, and prompts grow by what was said', (workload) => {
    const requests = generateTrace(workload, 500, seededRandom(3));
    expect(requests).toEqual(generateTrace(workload, 500, seededRandom(3)));
    expect(requests).toHaveLength(500);
    for (const { blocks, inputTokens } of requests)
      expect(blocks).toHaveLength(Math.ceil(inputTokens / blockTokens));
  });
});

describe('a workload on a fleet', () => {
  const workload = workloads.find(({ name }) => name === 'agents') as Workload;
  const requests = generateTrace(workload, 1_500, seededRandom(5));
  const results = new Map<string, InferenceResult>();
  const resultOf = (name: string, instances = 1): InferenceResult =>
    results.get(`${name} ${instances}`) as InferenceResult;
  const run = async (name: string, instances: number): Promise<void> => {
    const scheme = inferenceSchemes.find((known) => known.name === name) as InferenceScheme;
    const fleet = { requests, engine: enginePresets['8b'], pods: 20, instances, scheme, seed: 5 };
    results.set(`${name} ${instances}`, await runInference(fleet));
  };
  beforeAll(async () => {
    for (const name of ['omniscient greedy', 'baton least-request', 'round robin']) await run(name, 1);
    await run('baton prefix', 1);
    await run('baton prefix', 8);
    await run('baton prefix, nothing shared', 8);
  });

  it('prefix finds as much as the omniscient, and is nearly as fast', () => {
    const [prefix, bound] = [resultOf('baton prefix'), resultOf('omniscient greedy')];
    expect(prefix.hitShare).toBeGreaterThan(0.9 * bound.hitShare);
    expect(prefix.meanSeconds).toBeLessThan(1.5 * bound.meanSeconds);
  });

  it('prefix finds far more than schemes that know no prompts', () => {
    for (const name of ['baton least-request', 'round robin']) {
      expect(resultOf('baton prefix').hitShare).toBeGreaterThan(1.5 * resultOf(name).hitShare);
      expect(resultOf('baton prefix').meanSeconds).toBeLessThan(resultOf(name).meanSeconds);
    }
  });

  it('eight instances that share know nearly as much as one, and far more than eight alone', () => {
    const [one, eight] = [resultOf('baton prefix'), resultOf('baton prefix', 8)];
    const alone = resultOf('baton prefix, nothing shared', 8);
    expect(eight.hitShare).toBeGreaterThan(0.95 * one.hitShare);
    expect(eight.meanSeconds).toBeLessThan(1.5 * one.meanSeconds);
    expect(eight.hitShare).toBeGreaterThan(1.05 * alone.hitShare);
    expect(alone.meanSeconds).toBeGreaterThan(1.5 * eight.meanSeconds);
  });
});
