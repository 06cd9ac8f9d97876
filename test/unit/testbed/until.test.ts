import { until } from '../../../tools/testbed/until.ts';

const options = { what: 'the thing', intervalMs: 1 };

describe('until', () => {
  it('resolves with the first value that is neither false nor undefined, 0 included', async () => {
    const values = [undefined, false, 0, 1];
    expect(await until(() => values.shift(), options)).toBe(0);
  });

  it('goes on while the condition throws', async () => {
    let polls = 0;
    const condition = () => {
      polls++;
      if (polls < 3) throw new Error('connection refused');
      return true;
    };
    expect(await until(condition, options)).toBe(true);
  });

  it('times out with what it waited for and the last error', async () => {
    const condition = () => Promise.reject(new Error('connection refused'));
    await expect(until(condition, { ...options, timeoutMs: 50 })).rejects.toThrow(
      'timed out after 50 ms waiting for the thing: connection refused',
    );
  });

  it('fails with the reason of its signal', async () => {
    const gone = AbortSignal.abort(new Error('it is gone'));
    await expect(until(() => false, { ...options, signal: gone })).rejects.toThrow('it is gone');
  });
});
