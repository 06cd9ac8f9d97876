import { until } from '../../../tools/testbed/until.ts';

const quickly = { what: 'the thing', timeoutMs: 50, everyMs: 1 };

describe('until', () => {
  it('answers the first value that is neither false nor undefined, 0 included', async () => {
    const answers = [undefined, false, 0, 1];
    expect(await until(() => answers.shift(), quickly)).toBe(0);
  });

  it('takes a question that throws for "not yet"', async () => {
    let asked = 0;
    const ask = () => {
      asked++;
      if (asked < 3) throw new Error('connection refused');
      return true;
    };
    expect(await until(ask, quickly)).toBe(true);
  });

  it('gives up with what it waited for and the last error', async () => {
    const ask = () => Promise.reject(new Error('connection refused'));
    await expect(until(ask, quickly)).rejects.toThrow(
      'gave up waiting for the thing after 50 ms: connection refused',
    );
  });

  it('ends with the reason of its signal', async () => {
    const gone = AbortSignal.abort(new Error('it is gone'));
    await expect(until(() => false, { ...quickly, signal: gone })).rejects.toThrow('it is gone');
  });
});
