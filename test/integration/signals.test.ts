import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { batonCommandLine } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { isAlive } from '../support/workers.ts';

/**
 * Every signal that an operator, a supervisor, a terminal or a container platform sends, to the
 * real process: either nothing changes, or it drains and exits with 0.
 */
checkForLeaks();

const serve = [
  ...['serve', '--address', '127.0.0.1:0', '--admin', 'off', '--endpoint', '127.0.0.1:1'],
  ...['pool.probe.enabled=false', 'drain.noticeMs=0', 'drain.quietMs=0'].flatMap((it) => ['--set', it]),
];
const stopping = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const;
const ignored = [
  ...['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGTSTP'],
  ...['SIGPIPE', 'SIGWINCH', 'SIGCONT', 'SIGURG', 'SIGCHLD'],
] as NodeJS.Signals[];
const ready = /"event":"phase.changed".*"to":"ready"/;
const exitedCleanly = { code: 0, signal: null };

const children: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop()));
});

async function start(command: string, args: readonly string[], env?: Record<string, string>) {
  const options = { name: command, command, args, ...(env && { env }) };
  const child = await ChildProcess.start(options);
  children.push(child);
  return child;
}

function startBaton(env?: Record<string, string>): Promise<ChildProcess> {
  const [node, ...args] = batonCommandLine(...serve);
  return start(node, args, env);
}

/**
 * Whether Baton's handlers are installed: SIGHUP's is the last one. Before that Node's own handler
 * of SIGTERM ends the process, which holds nothing yet.
 */
function handlesSignals(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${caught}`) & 1n) !== 0n;
}

describe('when an instance that serves gets a signal', () => {
  it.each(stopping)('%s: drains and exits with 0', async (signal) => {
    const baton = await startBaton();
    await baton.waitForLine(ready);
    baton.signal(signal);
    expect(await baton.exited).toEqual(exitedCleanly);
    expect(baton.output.lines().join('\n')).toContain(`"reason":"${signal} received"`);
  });

  it('nothing changes by any other, and no debugger port opens', async () => {
    const baton = await startBaton();
    await baton.waitForLine(ready);
    for (const signal of ignored) {
      baton.signal(signal);
      await sleep(20);
    }
    await baton.waitForLine(/"event":"signal.ignored".*SIGTSTP/);
    expect(readFileSync(`/proc/${baton.pid}/stat`, 'utf8')).toMatch(/\) [RSD] /);
    baton.signal('SIGTERM');
    expect(await baton.exited).toEqual(exitedCleanly);
    expect(baton.output.lines().join('\n')).not.toMatch(/Debugger|inspector/i);
  });

  it('one that npm and the terminal both send counts once', async () => {
    const baton = await startBaton({ PATH: process.env.PATH ?? '', npm_lifecycle_event: 'baton' });
    await baton.waitForLine(ready);
    baton.signal('SIGINT');
    await sleep(5);
    baton.signal('SIGINT');
    expect(await baton.exited).toEqual(exitedCleanly);
    expect(baton.output.lines().join('\n')).not.toContain('drain.forced');
  });
});

describe('when an instance gets a signal while it loads', () => {
  it('SIGTERM: exits with 0, as soon as its first line of code has run', async () => {
    for (let nth = 0; nth < 4; nth += 1) {
      const baton = await startBaton();
      while (!handlesSignals(baton.pid)) await sleep(1);
      await sleep(nth * 40);
      baton.signal('SIGTERM');
      expect(await baton.exited).toEqual(exitedCleanly);
    }
  });

  it.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)('%s: starts all the same', async (signal) => {
    const baton = await startBaton();
    while (!handlesSignals(baton.pid)) await sleep(1);
    baton.signal(signal);
    await baton.waitForLine(ready);
  });
});

describe('when an instance is process 1 of its namespace', () => {
  // Needs the right to create namespaces, which a container may not have.
  const [node, ...args] = batonCommandLine(...serve);
  const inNamespace = ['--pid', '--fork', '--mount-proc', '--kill-child', node, ...args];

  async function startAsProcess1(): Promise<{ unshare: ChildProcess; pid: number } | undefined> {
    const unshare = await start('unshare', inNamespace);
    const childrenFile = `/proc/${unshare.pid}/task/${unshare.pid}/children`;
    for (;;) {
      const children = existsSync(childrenFile) ? readFileSync(childrenFile, 'utf8').trim() : '';
      if (children !== '') return { unshare, pid: Number(children) };
      if (!isAlive(unshare.pid)) return undefined;
      await sleep(1);
    }
  }

  it('SIGTERM while it loads: exits with 0', async () => {
    const started = await startAsProcess1();
    if (started === undefined) return;
    while (!handlesSignals(started.pid)) await sleep(1);
    process.kill(started.pid, 'SIGTERM');
    expect(await started.unshare.exited).toEqual(exitedCleanly);
  });

  it.each(stopping)('%s while it serves: exits with 0', async (signal) => {
    const started = await startAsProcess1();
    if (started === undefined) return;
    await started.unshare.waitForLine(ready);
    process.kill(started.pid, signal);
    expect(await started.unshare.exited).toEqual(exitedCleanly);
  });
});

describe('when an instance is started by npm run baton', () => {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/' };
  let pid: number;
  let npm: ChildProcess;

  beforeEach(async () => {
    npm = await start('npm', ['--prefix', checkoutDir, 'run', 'baton', '--', ...serve], env);
    const line = await npm.waitForLine(/"event":"instance.listening"/);
    pid = Number(JSON.parse(line).pid ?? /-(\d+)-[0-9a-f]{6}$/.exec(JSON.parse(line).instance)?.[1]);
    await npm.waitForLine(ready);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGKILL'] as const)(
    '%s to npm alone: the instance drains and is gone',
    async (signal) => {
      process.kill(npm.pid, signal);
      await eventually(async () => expect(isAlive(pid)).toBe(false));
      const output = npm.output.lines().join('\n');
      expect(output).toContain('"event":"drain.completed"');
    },
  );
});
