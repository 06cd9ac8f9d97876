import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ChildProcess } from '../../../tools/testbed/childProcess.ts';
import { liveChildren } from '../../../tools/testbed/orphanGuard.ts';
import { until } from '../../../tools/testbed/until.ts';

const node = (script: string) =>
  ChildProcess.start({ name: 'probe', command: process.execPath, args: ['-e', script] });
const idle = 'setInterval(() => {}, 1000);';
const stubborn = `process.on('SIGTERM', () => console.log('not yet')); console.log('up'); ${idle}`;

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

afterEach(() => {
  expect(liveChildren()).toEqual([]);
});

describe('a child process', () => {
  it('has an exit code and its last lines', async () => {
    const child = await node("console.log('one'); console.error('two'); process.exit(3)");
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect([...child.output.lines()].sort()).toEqual(['one', 'two']);
    expect(child.running).toBe(false);
  });

  it('keeps no more lines than the limit', async () => {
    const args = ['-e', 'for (let i = 0; i < 50; i++) console.log(i)'];
    const child = await ChildProcess.start({ name: 'chatty', command: process.execPath, args, keepLines: 3 });
    await child.exited;
    expect(child.output.lines()).toEqual(['47', '48', '49']);
  });

  it('inherits no environment', async () => {
    const child = await node('console.log(Object.keys(process.env).join())');
    await child.exited;
    expect(child.output.text()).toBe('PATH');
  });

  it('can be waited for by a past or future line', async () => {
    const child = await node(`setTimeout(() => console.log('listening on 7'), 50); ${idle}`);
    expect(await child.waitForLine(/listening/)).toBe('listening on 7');
    expect(await child.waitForLine(/on \d/)).toBe('listening on 7');
    await child.kill();
  });

  it('can be waited for by a future line only', async () => {
    const child = await node(`let n = 0; setInterval(() => console.log('round ' + (n += 1)), 20)`);
    const first = await child.waitForLine(/round/);
    expect(await child.nextLine(/round/)).not.toBe(first);
    await child.kill();
  });

  it('ends on SIGTERM, also when it is paused', async () => {
    const child = await node(`console.log('up'); ${idle}`);
    await child.waitForLine(/up/);
    child.pause();
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('ends by SIGKILL when it ignores SIGTERM for the grace period', async () => {
    const child = await node(stubborn);
    await child.waitForLine(/up/);
    expect(await child.stop(100)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(child.output.lines()).toContain('not yet');
  });

  it('can be stopped and killed after its end', async () => {
    const child = await node('');
    await child.exited;
    expect(await child.stop()).toEqual({ code: 0, signal: null });
    expect(await child.kill()).toEqual({ code: 0, signal: null });
  });
});

describe('when a child ends during a wait', () => {
  it('fails at once, with its last output', async () => {
    const child = await node("console.log('port 7 is in use'); process.exit(69)");
    await expect(child.waitForLine(/never/)).rejects.toThrow(
      /^probe: the process ended with exit code 69; its last output:\nport 7 is in use$/,
    );
  });
});

describe('when a command does not exist', () => {
  it('fails with its name', async () => {
    const start = ChildProcess.start({ name: 'ghost', command: '/does/not/exist', args: [] });
    await expect(start).rejects.toThrow(/^ghost cannot be started: .*ENOENT/);
  });
});

describe('when the parent is killed', () => {
  it('kills the running children and no pid of ended ones', async () => {
    const module = join(import.meta.dirname, '../../../tools/testbed/childProcess.ts');
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { ChildProcess } from ${JSON.stringify(module)};
         const start = (args) => ChildProcess.start({ name: 'x', command: process.execPath, args: ['-e', args] });
         await (await start('')).exited;
         const children = [await start(${JSON.stringify(idle)}), await start(${JSON.stringify(idle)})];
         console.log(children.map(({ pid }) => pid).join(' '));`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: {} },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pids = line.toString().trim().split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    parent.kill('SIGKILL');
    await until(() => !pids.some(isAlive), { what: 'the end of both children' });
  });
});
