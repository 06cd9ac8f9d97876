import { setTimeout as sleep } from 'node:timers/promises';
import { parseEndpointFile } from '../../../src/pool/parseEndpointFile.ts';
import { readEndpointList } from '../../../src/pool/readEndpointList.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { measureTurns } from '../../support/longestTurn.ts';

checkForLeaks();

const running = new AbortController().signal;

function listOf(count: number): string {
  const entries = Array.from({ length: count }, (_, index) =>
    [
      `  - address: 10.0.${index >> 8}.${index & 255}:8000`,
      '    weight: 2',
      `    labels: { zone: z${index % 3} }`,
      '    models: [a, b]',
    ].join('\n'),
  );
  return `endpoints:\n${entries.join('\n')}\n`;
}

describe('when the endpoints file is large', () => {
  it.each([10, 1_001])('has the same endpoints from a thread: %i', async (count) => {
    const text = listOf(count);
    expect(await parseEndpointFile(text, 'file x', running)).toEqual(readEndpointList(text).endpoints);
  });

  it('never keeps the event loop for as long as the parsing takes', async () => {
    const text = listOf(4_000);
    // By its processor time: other processes lengthen this by nothing.
    const beforeMicros = process.threadCpuUsage().user;
    readEndpointList(text);
    const parsingMs = (process.threadCpuUsage().user - beforeMicros) / 1000;

    const turns = measureTurns();
    const parsed = await parseEndpointFile(text, 'file x', running);
    const { longestMs } = turns.stop();
    expect(parsed).toHaveLength(4_000);
    expect(longestMs).toBeLessThan(parsingMs / 2);
  });

  it('has the same errors from a thread', async () => {
    const text = `${listOf(1_000)}  - address: 10.0.0.1\n`;
    await expect(parseEndpointFile(text, 'file x', running)).rejects.toMatchObject({
      code: 'endpoints-invalid',
      message: expect.stringMatching(/^file x cannot be used: endpoints\[1000\].*no port/),
    });
  });

  it('ends the thread when it is stopped', async () => {
    const stopping = new AbortController();
    const parsed = parseEndpointFile(listOf(5_000), 'file x', stopping.signal);
    const rejected = expect(parsed).rejects.toThrow('has ended');
    await sleep(20);
    stopping.abort();
    await rejected;
  });
});
