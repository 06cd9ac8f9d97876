import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Admin, startAdmin } from '../../src/admin/server.ts';
import { batonCommandLine } from '../../tools/testbed/batonEntry.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { quietSources, sampleState } from '../unit/admin/sampleState.ts';

checkForLeaks();

const enter = '\u001b[?1049h';
const leave = '\u001b[?25h\u001b[?1049l';

let admins: Admin[];
let terminal: ChildProcess;
let output: string;

/** `baton top` on a terminal of its own, which script(1) of Debian's essential packages makes. */
beforeEach(async () => {
  const open = (id: string): Promise<Admin> => {
    const state = { ...sampleState, instance: { ...sampleState.instance, id } };
    return startAdmin({ ...quietSources, state: () => state, address: '127.0.0.1:0', allowedHosts: [] });
  };
  admins = [await open('first'), await open('second')];
  const flags = admins.flatMap(({ address }) => ['--admin', address]);
  const command = batonCommandLine('top', ...flags, '--interval', '0.1').map((word) => `'${word}'`);
  const line = `stty rows 40 cols 120; echo pid=$$; exec ${command.join(' ')}`;
  terminal = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null']);
  output = '';
  terminal.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await eventually(() => /first +ready/.test(output));
});
afterEach(async () => {
  if (terminal.exitCode === null) {
    terminal.kill('SIGKILL');
    await once(terminal, 'exit');
  }
  await Promise.all(admins.map((admin) => admin.stop()));
});

const pid = (): number => Number(/pid=(\d+)/.exec(output)?.[1]);

async function ended(): Promise<number | null> {
  if (terminal.exitCode === null) await once(terminal, 'exit');
  return terminal.exitCode;
}

describe('baton top on a terminal', () => {
  it.each<[string, () => unknown]>([
    ['q', () => terminal.stdin?.write('q')],
    ['Ctrl-C', () => terminal.stdin?.write('\u0003')],
    ['SIGTERM', () => process.kill(pid(), 'SIGTERM')],
    ['SIGHUP', () => process.kill(pid(), 'SIGHUP')],
  ])('leaves the terminal as it was: %s', async (_, end) => {
    expect(output).toContain(enter);
    end();
    expect(await ended()).toBe(0);
    expect(output.trimEnd().endsWith(leave)).toBe(true);
  });

  it('asks the next instance when one goes, and says so when none is left', async () => {
    const [first, second] = admins as [Admin, Admin];
    await first.stop();
    await eventually(() => /second +ready/.test(output));
    await second.stop();
    await eventually(() =>
      output.includes(`no answer from ${first.address}, ${second.address}; trying again`),
    );
    terminal.stdin?.write('q');
    expect(await ended()).toBe(0);
  });
});
