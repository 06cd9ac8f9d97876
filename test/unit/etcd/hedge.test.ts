import { setTimeout as sleep } from 'node:timers/promises';
import { hedge } from '../../../src/etcd/hedge.ts';

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
const soon = { delayMs: () => 5 };
const onFailureOnly = { delayMs: () => Number.POSITIVE_INFINITY };

describe('hedged attempts', () => {
  it('return the first success and abort the others', async () => {
    let aborted = false;
    const silent = async (signal: AbortSignal): Promise<string> => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return await never(signal);
    };
    expect(await hedge([silent, async () => 'second'], soon)).toBe('second');
    expect(aborted).toBe(true);
  });

  it('start the next at once after a failure', async () => {
    const failing = () => Promise.reject(new Error('refused'));
    expect(await hedge([failing, async () => 'second'], onFailureOnly)).toBe('second');
  });

  it('start none beside a pending one without a delay', async () => {
    let started = 0;
    const slow = async (): Promise<number> => {
      started += 1;
      await sleep(20);
      return started;
    };
    expect(await hedge([slow, slow, slow], onFailureOnly)).toBe(1);
  });

  it('wait for their time after the eager ones have failed', async () => {
    const startedAtMs = performance.now();
    const failing = () => Promise.reject(new Error('refused'));
    const attempts = [failing, failing, async () => 'third'];
    expect(await hedge(attempts, { delayMs: () => 30, eager: 2 })).toBe('third');
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(29);
  });

  it('reject with the last failure when all have failed, and with the reason of the signal', async () => {
    const failing = (nth: number) => () => Promise.reject(new Error(`refused ${nth}`));
    await expect(hedge([failing(1), failing(2)], onFailureOnly)).rejects.toThrow('refused 2');
    const ending = new AbortController();
    const hedged = hedge([never, never], { ...soon, signal: ending.signal });
    ending.abort(new Error('stopped'));
    await expect(hedged).rejects.toThrow('stopped');
  });
});
