import { configSchema } from '../../../src/config/schema.ts';

/** Problems of `pool.kubernetes`, as `path: message`. */
function problemsOf(kubernetes: object): string[] {
  const parsed = configSchema.safeParse({ pool: { kubernetes } });
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
}

describe('pool.kubernetes', () => {
  it('takes the name of an InferencePool, or a selector with ports, also as text', () => {
    expect(problemsOf({ inferencePool: 'llama' })).toEqual([]);
    const { pool } = configSchema.parse({
      pool: { kubernetes: { selector: 'app=vllm', ports: ['8000', 8001] } },
    });
    expect(pool.kubernetes.ports).toEqual([8000, 8001]);
  });

  it.each<[object, string]>([
    [{ selector: 'a=b' }, 'selector: needs pool.kubernetes.ports'],
    [{ ports: [80] }, 'ports: needs pool.kubernetes.selector'],
    [
      { selector: 'a=b', ports: [80], inferencePool: 'x' },
      'selector: pool.kubernetes.inferencePool is given too: give one of them',
    ],
    [{ namespace: 'models' }, 'namespace: needs pool.kubernetes.inferencePool or pool.kubernetes.selector'],
    [{ selector: 'a=b', ports: [70_000] }, 'ports.0: a port from 1 to 65535'],
  ])('says what is wrong with %j', (settings, problem) => {
    expect(problemsOf(settings)).toEqual([problem]);
  });
});
