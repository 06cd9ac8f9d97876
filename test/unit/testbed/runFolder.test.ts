import { ChildProcess } from '../../../tools/testbed/childProcess.ts';
import { isRunning, startOf } from '../../../tools/testbed/runFolder.ts';

describe('a recorded process', () => {
  it('runs while its pid belongs to the process of that start', async () => {
    const args = ['-e', 'setInterval(() => {}, 1000)'];
    const child = await ChildProcess.start({ name: 'part', command: process.execPath, args });
    const record = { name: 'part', pid: child.pid, start: startOf(child.pid) ?? '' };
    expect(record.start).not.toBe('');
    expect(isRunning(record)).toBe(true);
    await child.kill();
    expect(isRunning(record)).toBe(false);
  });

  it('does not run when its pid belongs to another process', () => {
    expect(isRunning({ name: 'part', pid: process.pid, start: '1' })).toBe(false);
  });

  it('does not run when it ended before its start time was read', () => {
    expect(isRunning({ name: 'part', pid: process.pid, start: '' })).toBe(false);
  });
});
