import { readEngineMetrics } from '../../../src/signals/readings/readEngineMetrics.ts';
import { type Podsim, type PodsimOptions, startPodsim } from '../../../tools/podsim/server.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { sendHttp } from '../../support/sendHttp.ts';

checkForLeaks();

const options: PodsimOptions = { engine: '8b', engineSpeed: 50, cacheTokens: 8_000, adapters: ['sql'] };
const prompt = 'What is the weather like today? '.repeat(400);

describe('a simulated pod with an engine', () => {
  let pod: Podsim;
  beforeEach(async () => {
    pod = await startPodsim(options);
  });
  afterEach(() => pod.stop());

  const complete = async (body: object) => {
    const { status, text } = await sendHttp(`http://${pod.address}/v1/completions`, { body });
    return { status, usage: status === 200 ? JSON.parse(text).usage : undefined };
  };
  const metrics = async () => (await sendHttp(`http://${pod.address}/metrics`)).text;

  it('caches prompts by blocks, and says so in usage and in its metrics', async () => {
    const first = await complete({ prompt, max_tokens: 5 });
    const second = await complete({ prompt, max_tokens: 5 });
    const promptTokens = prompt.length / 4;
    expect(first.usage).toMatchObject({
      prompt_tokens: promptTokens,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 0 },
    });
    // The last block has the last token, which is always computed.
    const cached = second.usage.prompt_tokens_details.cached_tokens;
    expect(cached).toBe(promptTokens - 16);
    expect(readEngineMetrics(await metrics())).toMatchObject({
      engine: 'vllm',
      waiting: 0,
      running: 0,
      kvUse: 0,
      promptTokens: 2 * promptTokens,
      generatedTokens: 10,
      cacheQueries: 2 * promptTokens,
      cacheHits: cached,
      cacheTokens: 8_000,
      adapters: { running: [], waiting: [], most: 1 },
    });
  });

  it('forgets its cache and its counters when it starts again', async () => {
    await complete({ prompt, max_tokens: 5 });
    await pod.stop();
    pod = await startPodsim(options);
    expect(readEngineMetrics(await metrics())).toMatchObject({ promptTokens: 0, cacheHits: 0 });
    expect((await complete({ prompt, max_tokens: 5 })).usage.prompt_tokens_details.cached_tokens).toBe(0);
  });

  it('streams, and shows the adapter and the KV cache in use while it does', async () => {
    const body = { model: 'sql', prompt, max_tokens: 4_000, stream: true };
    const streamed = sendHttp(`http://${pod.address}/v1/completions`, { body });
    await eventually(async () => {
      expect(readEngineMetrics(await metrics())).toMatchObject({
        running: 1,
        adapters: { running: ['sql'] },
      });
    });
    expect(readEngineMetrics(await metrics())?.kvUse).toBeGreaterThan(0.3);
    const { text } = await streamed;
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect(text.match(/"text":" /g)).toHaveLength(4_000);
  });

  it('refuses what does not fit into its KV cache', async () => {
    expect((await complete({ prompt, max_tokens: 5_000 })).status).toBe(400);
  });
});
