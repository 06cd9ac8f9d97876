import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../../src/config/schema.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';

/**
 * examples/systemd: the unit agrees with Baton's own times; the script changes one host after the
 * other.
 */
const folder = join(checkoutDir, 'examples', 'systemd');

describe('baton.service', () => {
  it('allows more time than the drain takes, and sends SIGTERM to the main process alone', async () => {
    const unit = await readFile(join(folder, 'baton.service'), 'utf8');
    const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1];
    const { graceMs } = configSchema.parse({}).drain;
    expect(Number(setting('TimeoutStopSec')) * 1000).toBeGreaterThanOrEqual(graceMs + 10_000);
    expect(setting('KillMode')).toBe('mixed');
    expect(setting('KillSignal')).toBe('SIGTERM');
    expect(setting('ExecStartPost')).toMatch(/probe --service readiness/);
  });
});

describe('upgrade.sh', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-upgrade-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  /**
   * Stands in for ssh: writes the host and the last line of the command to `calls`, and fails for
   * the given calls.
   */
  async function upgrade(args: readonly string[], failing = 'nothing') {
    const ssh = join(dir, 'ssh');
    const note = `printf '%s %s\\n' "$1" "$(printf %s "$2" | tail -n 1)" >> '${dir}/calls'`;
    await writeFile(ssh, `#!/bin/sh\n${note}\ncase "$1 $2" in ${failing}) exit 1 ;; esac\n`, { mode: 0o755 });
    const env = { PATH: process.env.PATH ?? '', SSH: ssh, SETTLE_SECONDS: '0' };
    const ended = await new Promise<{ exitCode: number; stderr: string }>((resolve) => {
      execFile(join(folder, 'upgrade.sh'), args, { env }, (error, _, stderr) =>
        resolve({ exitCode: error === null ? 0 : Number(error.code), stderr }),
      );
    });
    const calls = await readFile(join(dir, 'calls'), 'utf8').catch(() => '');
    return { ...ended, calls: calls.trim().split('\n') };
  }
  const check = (host: string) =>
    `${host} test -x /opt/baton/1.5.0/bin/baton && systemctl is-active --quiet baton`;

  it('checks all hosts before it changes the first, then restarts one after the other', async () => {
    const { exitCode, calls } = await upgrade(['1.5.0', '7', 'a', 'b']);
    expect(exitCode).toBe(0);
    expect(calls).toEqual([check('a'), check('b'), 'a systemctl restart baton', 'b systemctl restart baton']);
  });

  it('changes nothing when one host lacks the release', async () => {
    const { exitCode, calls, stderr } = await upgrade(['1.5.0', '7', 'a', 'b'], '"b test"*');
    expect({ exitCode, calls }).toEqual({ exitCode: 1, calls: [check('a'), check('b')] });
    expect(stderr).toContain('nothing was changed');
  });

  it('stops at the first host that does not become ready, and names the hosts that have changed', async () => {
    const { exitCode, calls, stderr } = await upgrade(['1.5.0', '7', 'a', 'b', 'c'], '"b set"*');
    expect(exitCode).toBe(1);
    expect(calls.at(-1)).toBe('b systemctl restart baton');
    expect(stderr).toContain('On the new release: a');
  });

  it.each([
    ['no host', ['1.5.0', '7']],
    ['a release that is none', ['1.5.0;reboot', '7', 'a']],
    ['a generation that is none', ['1.5.0', 'x', 'a']],
  ])('refuses %s', async (_, args) => {
    expect(await upgrade(args)).toMatchObject({ exitCode: 64, calls: [''] });
  });
});
