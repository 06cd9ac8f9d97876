import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RehearsalReport } from '../../tools/rehearsal/report/report.ts';
import { batonEntry } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { Etcd } from '../../tools/testbed/etcd.ts';
import { Pod } from '../../tools/testbed/pod.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { envoyBin, etcdBin } from '../support/tools.ts';

/** `baton rehearse` as a pipeline runs it: a process, its exit code and what it leaves behind. */
checkForLeaks();

/** A whole upgrade under load is many starts of processes. */
const timeoutMs = 180_000;
const mainFile = batonEntry;
const small = ['--replicas', '2', '--pods', '2', '--clients', '10', '--rps', '4', '--stream-seconds', '1'];
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'baton-rehearse-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function rehearse(...args: readonly string[]): Promise<ChildProcess> {
  return ChildProcess.start({
    name: 'baton rehearse',
    command: process.execPath,
    args: [mainFile, 'rehearse', ...small, '--report', dir, ...args],
    env: { PATH: process.env.PATH ?? '', ENVOY_BIN: envoyBin(), ETCD_BIN: etcdBin() },
  });
}

async function readReport(): Promise<RehearsalReport> {
  return JSON.parse(await readFile(join(dir, 'report.json'), 'utf8')) as RehearsalReport;
}

describe('when an upgrade to the command of another build goes well', () => {
  it(
    'ends with 0 and reports the first view of each new instance',
    async () => {
      const command = `'${process.execPath}' '${mainFile}' serve --config={config} --release 'by command'`;
      const run = await rehearse('--from', '1.0.0', '--to', command);
      const { code } = await run.exited;
      const output = run.output.text(60);
      expect({ code, output }).toEqual({
        code: 0,
        output: expect.stringContaining('Verdict: no client noticed.'),
      });

      const report = await readReport();
      expect(report).toMatchObject({
        passed: true,
        failures: [],
        requests: { failed: 0, cut: 0, inFlight: 0 },
      });
      expect(report.requests.ok).toBeGreaterThan(10);
      const [step] = report.steps;
      expect(step).toMatchObject({ kind: 'upgrade', from: '1.0.0·1', to: 'new·2' });
      expect(step?.instances.map(({ name, firstDecision }) => [name, firstDecision?.isLoaded])).toEqual([
        ['a', true],
        ['b', true],
      ]);
      for (const { spans } of report.timeline.instances) {
        const releases = spans.filter(({ phase }) => phase === 'ready').map(({ release }) => release);
        expect(releases).toEqual(['1.0.0', 'by command']);
      }
      expect(await readFile(join(dir, 'report.html'), 'utf8')).toContain('<h1>No client noticed</h1>');
    },
    timeoutMs,
  );
});

describe('when etcd and a pod run already', () => {
  it(
    'uses them, leaves them as they are, and takes the upgrade back as well',
    async () => {
      const ports = { clientPort: await freePort(), peerPort: await freePort() };
      const etcd = await Etcd.start({ bin: etcdBin(), dataDir: join(dir, 'etcd'), ...ports });
      const pod = await Pod.start({ id: 'given', port: await freePort(), flags: { slots: 50 } });
      try {
        const given = ['--etcd', etcd.endpoint, '--pod', pod.address, '--model', 'mine', '--replicas', '1'];
        const run = await rehearse(...given, '--rollbacks', '1');
        const { code } = await run.exited;
        const output = run.output.text(60);
        expect({ code, output }).toEqual({
          code: 0,
          output: expect.stringContaining('rollback 1: new·2 → old·1'),
        });
        const { requests } = await readReport();
        expect(requests.byPod).toEqual({ given: requests.ok });
        expect([etcd.process.running, (await pod.state()).running]).toEqual([true, 0]);
      } finally {
        await Promise.all([etcd.kill(), pod.kill()]);
      }
    },
    timeoutMs,
  );
});

describe('when the new release does not start', () => {
  it(
    'ends with 1 and reports how far it came',
    async () => {
      const run = await rehearse('--to', '/bin/false {config}');
      expect((await run.exited).code).toBe(1);
      const report = await readReport();
      expect(report).toMatchObject({ passed: false, steps: [{ kind: 'upgrade', nth: 1, instances: [] }] });
      expect(report.failures[0]).toMatch(/^upgrade 1 \(old·1 → new·2\) failed: .*exit code 1/);
      expect(report.requests.inFlight).toBe(0);
    },
    timeoutMs,
  );
});

describe('when it is interrupted', () => {
  it.each([
    ['while the parts start', /^starting/],
    ['in the middle of an upgrade', /SIGTERM sent/],
  ])('%s, ends all that it started, and with 130', async (_, moment) => {
    const run = await rehearse();
    await run.waitForLine(moment, 40_000);
    await eventually(() => childrenOf(run.pid).length > 0);
    const children = childrenOf(run.pid);
    run.signal('SIGINT');
    expect((await run.exited).code).toBe(130);
    await eventually(() => expect(children.filter(isAlive)).toEqual([]));
  });
});

function childrenOf(pid: number): number[] {
  try {
    const found = execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
    return found.trim().split('\n').map(Number);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
