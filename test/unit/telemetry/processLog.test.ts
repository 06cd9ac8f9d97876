import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasControlCharacters } from '../../../src/controlCharacters.ts';
import { openProcessLog, type ProcessLog } from '../../../src/telemetry/processLog.ts';

let folder: string;
let fd: number;
let processLog: ProcessLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-log-'));
  fd = openSync(join(folder, 'log'), 'w');
  processLog = openProcessLog({ level: 'info', instance: { id: 'a', release: '1' }, fd });
});
afterEach(async () => {
  await processLog.close();
  closeSync(fd);
  await rm(folder, { recursive: true });
});

function lines(): Record<string, unknown>[] {
  const text = readFileSync(join(folder, 'log'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('the log of a process', () => {
  it('has no control character, and says the same', async () => {
    const reason = 'a\u001b[2J\u009b31m\u007f\u202e\u2028';
    processLog.log.info({ event: 'test.happened', reason }, 'happened');
    await processLog.close();
    expect(hasControlCharacters(readFileSync(join(folder, 'log'), 'utf8').replaceAll('\n', ''))).toBe(false);
    expect(lines()).toEqual([expect.objectContaining({ reason })]);
  });

  it('has the instance, the release and the event on each line', async () => {
    processLog.log.info({ event: 'test.happened', tookMs: 3 }, 'happened');
    await processLog.close();
    expect(lines()).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: 'info',
        instance: 'a',
        release: '1',
        event: 'test.happened',
        tookMs: 3,
        msg: 'happened',
      },
    ]);
  });

  it('writes an error with its stack and its causes', async () => {
    const cause = new Error('etcd is unreachable', { cause: new Error('ECONNREFUSED') });
    processLog.log.warn({ event: 'test.failed', cause }, 'failed');
    await processLog.close();
    const [line] = lines();
    expect(line?.cause).toMatchObject({
      message: 'etcd is unreachable',
      stack: expect.stringContaining('processLog.test'),
      cause: { message: 'ECONNREFUSED' },
    });
  });

  it('writes every line that waits when it is closed, and none after', async () => {
    for (let line = 0; line < 1000; line += 1) processLog.log.info({ event: 'test.line', line }, 'line');
    await Promise.all([processLog.close(), processLog.close()]);
    processLog.log.info({ event: 'test.late' }, 'too late');
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines().map(({ line }) => line)).toEqual(Array.from({ length: 1000 }, (_, line) => line));
  });
});
