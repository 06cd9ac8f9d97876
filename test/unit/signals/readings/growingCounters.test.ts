import { decodeReading, encodeReading, type PodReading } from '../../../../src/proto/records/podReading.ts';
import { hasRestarted } from '../../../../src/signals/readings/hasRestarted.ts';
import { HitComparison } from '../../../../src/signals/readings/hitComparison.ts';
import { readEngineMetrics } from '../../../../src/signals/readings/readEngineMetrics.ts';

/** The counters of an engine only grow, by a million tokens a minute and more. */
const edges = [2 ** 28, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
const pod = '10.0.0.1:8000';

const metricsOf = (tokens: number, hits: number): string =>
  [
    'vllm:num_requests_running 1',
    'vllm:num_requests_waiting 0',
    `vllm:prompt_tokens_total ${tokens}`,
    `vllm:generation_tokens_total ${tokens}`,
    `vllm:prefix_cache_queries_total ${tokens}`,
    `vllm:prefix_cache_hits_total ${hits}`,
  ].join('\n');

/** What a peer knows: read from the engine, written, and read again. */
function known(tokens: number, hits: number): PodReading {
  const reading = readEngineMetrics(metricsOf(tokens, hits)) as PodReading;
  return decodeReading(encodeReading({ reading, ageMs: 0, from: 'a' })).reading;
}

describe.each(edges)('an engine that has counted %d tokens', (tokens) => {
  it('is known by its peers as it is', () => {
    const [promptTokens, generatedTokens] = [tokens, tokens];
    const expected = { promptTokens, generatedTokens, cacheQueries: tokens, cacheHits: tokens - 1 };
    expect(known(tokens, tokens - 1)).toMatchObject(expected);
  });

  it('has not restarted when it counts on', () => {
    expect(hasRestarted(known(tokens - 300_000, 5), known(tokens, 5))).toBe(false);
    expect(hasRestarted(known(tokens, 5), known(300_000, 0))).toBe(true);
  });

  it('finds in its cache what came since', () => {
    const hits = new HitComparison(() => 0);
    hits.expect(pod, 200_000, 100_000);
    hits.onCounters(pod, known(tokens - 200_000, tokens - 250_000), known(tokens, tokens - 200_000));
    expect(hits.bias(pod)).toBe(0.5);
  });
});

it('a counter that no number of JavaScript counts on is left out', () => {
  expect(known(2 ** 53, 1).promptTokens).toBeUndefined();
  expect(known(1e300, 1).promptTokens).toBeUndefined();
});
