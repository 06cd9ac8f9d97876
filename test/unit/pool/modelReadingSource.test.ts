import { parseModelList, readModelList } from '../../../src/pool/modelList.ts';
import { ModelReadingSource } from '../../../src/pool/modelReadingSource.ts';
import type { EndpointSource } from '../../../src/pool/pool.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { endpoint } from '../../support/endpoints.ts';
import { HttpPod } from '../../support/httpPod.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { ManualClock } from '../../support/manualClock.ts';

checkForLeaks();

describe("a pod's list of models", () => {
  it.each([
    [
      'of vLLM, with an adapter',
      {
        object: 'list',
        data: [
          { id: 'llama', object: 'model', owned_by: 'vllm', root: '/models/llama', parent: null },
          { id: 'sql-lora', object: 'model', owned_by: 'vllm', root: '/lora', parent: 'llama' },
        ],
      },
      ['llama', 'sql-lora'],
    ],
    ['of SGLang', { object: 'list', data: [{ id: 'qwen', root: 'qwen', max_model_len: 32768 }] }, ['qwen']],
    [
      'with a name twice, and in another order',
      { data: [{ id: 'b' }, { id: 'a' }, { id: 'b' }] },
      ['a', 'b'],
    ],
    [
      'with entries that are none',
      { data: [null, 'x', {}, { id: 1 }, { id: '' }, { id: 'a\nb' }, { id: 'x'.repeat(300) }, { id: 'a' }] },
      ['a'],
    ],
    ['that is empty', { data: [] }, undefined],
    ['that is none', { models: [{ name: 'a' }] }, undefined],
    ['that is null', null, undefined],
  ])('%s', (_what, list, models) => {
    expect(parseModelList(JSON.stringify(list))).toEqual(models);
  });

  it('is no JSON', () => {
    expect(parseModelList('<html>')).toBeUndefined();
  });

  it('is read over HTTP, and a pod that is gone says nothing', async () => {
    const pod = await HttpPod.start(() => ({ data: [{ id: 'a' }] }));
    const [host = '', port] = pod.address.split(':');
    const read = () =>
      readModelList({ host, port: Number(port), timeoutMs: 30_000, signal: new AbortController().signal });
    expect(await read()).toEqual(['a']);
    await pod.stop();
    expect(await read()).toBeUndefined();
  });
});

describe('endpoints whose source names no models', () => {
  const clock = new ManualClock();
  let list: (endpoints: readonly Endpoint[]) => void = () => {};
  const source: EndpointSource = {
    name: 'static',
    start: async (onEndpoints) => {
      list = onEndpoints;
    },
    stop: async () => {},
  };
  /** What each answers, by its port. */
  const answers = new Map<number, readonly string[] | 'no-list' | undefined>();
  const asked: number[] = [];
  const read: typeof readModelList = async ({ port }) => {
    asked.push(port);
    return answers.get(port);
  };
  const reading = new ModelReadingSource(source, { read, clock, random: () => 0.5 });
  const emitted: (readonly Endpoint[])[] = [];
  const modelsNow = () => emitted.at(-1)?.map(({ models }) => models);
  const passTime = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await new Promise(setImmediate);
    }
  };

  it('pass at once, and again with what they list; those with models are not asked', async () => {
    await reading.start((endpoints) => emitted.push(endpoints));
    answers.set(1, ['a']).set(2, 'no-list').set(3, undefined);
    const given = { ...endpoint('10.0.0.4:4'), models: ['z'] };
    list([endpoint('10.0.0.1:1'), endpoint('10.0.0.2:2'), endpoint('10.0.0.3:3'), given]);
    expect(modelsNow()).toEqual([[], [], [], ['z']]);
    await passTime(500);
    expect(modelsNow()).toEqual([['a'], [], [], ['z']]);
    expect(asked.toSorted()).toEqual([1, 2, 3]);
    expect(emitted).toHaveLength(2);
  });

  it('are asked again: soon while they do not answer, now and then afterwards', async () => {
    answers.set(3, ['c', 'c-lora']);
    await passTime(2_000);
    expect(modelsNow()).toEqual([['a'], [], ['c', 'c-lora'], ['z']]);
    answers.set(1, ['a', 'a-lora']);
    await passTime(11_000);
    expect(modelsNow()).toEqual([['a', 'a-lora'], [], ['c', 'c-lora'], ['z']]);
    const before = emitted.length;
    await passTime(30_000);
    expect(emitted).toHaveLength(before);
  });

  it('keep the last list while they do not answer', async () => {
    answers.set(1, undefined);
    await passTime(11_000);
    expect(modelsNow()?.[0]).toEqual(['a', 'a-lora']);
  });

  it('are forgotten when they leave, and none is asked after the stop', async () => {
    list([endpoint('10.0.0.3:3')]);
    asked.length = 0;
    await passTime(11_000);
    expect(new Set(asked)).toEqual(new Set([3]));
    list([endpoint('10.0.0.1:1'), endpoint('10.0.0.3:3')]);
    expect(modelsNow()).toEqual([[], ['c', 'c-lora']]);
    await reading.stop();
    asked.length = 0;
    await passTime(11_000);
    expect(asked).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
