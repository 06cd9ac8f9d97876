import { until } from '../../../tools/testbed/until.ts';

const quickly = { what: 'the thing', timeoutMs: 50, everyMs: 1 };

describe('until', () => {
  it('resolves with the first value that is neither false nor undefined, 0 included', async () => {
    const answers = [undefined, false, 0, 1];
    expect(await until(() => answers.shift(), quickly)).toBe(0);
  });

  it('goes on while the condition throws', async () => {
    let asked = 0;
    const ask = () => {
      asked++;
      if (asked < 3) throw new Error('connection refused');
      return true;
    };
    expect(await until(ask, quickly)).toBe(true);
  });

  it('times out with what it waited for and the last error', async () => {
    const ask = () => Promise.reject(new Error('connection refused'));
    await expect(until(ask, quickly)).rejects.toThrow(
      'timed out after 50 ms waiting for the thing: connection refused',
    );
  });

  it('fails with the reason of its signal', async () => {
    const gone = AbortSignal.abort(new Error('it is gone'));
    await expect(until(() => false, { ...quickly, signal: gone })).rejects.toThrow('it is gone');
  });
});
