import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton, type BatonSettings } from '../../tools/testbed/baton.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { runBaton } from '../support/batonCommand.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { lockEtcd, startTestEtcd } from '../support/testEtcd.ts';

/** An instance that etcd refuses. */
checkForLeaks();

const password = 'correct-horse';

let running: Awaited<ReturnType<typeof startTestEtcd>>;
let folder: string;
let instance: Baton | undefined;

beforeEach(async () => {
  running = await startTestEtcd();
  folder = await mkdtemp(join(tmpdir(), 'baton-access-'));
});

afterEach(async () => {
  await instance?.kill();
  instance = undefined;
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

/**
 * An instance whose pool is always ready, so that only etcd stands between it and its readiness.
 */
async function launch(etcd: BatonSettings[string]): Promise<Baton> {
  instance = new Baton({
    name: 'a',
    port: await freePort(),
    adminPort: await freePort(),
    dir: folder,
    settings: {
      pool: { endpoints: ['127.0.0.1:9'], probe: { enabled: false } },
      startup: { storeWaitMs: 300 },
      drain: { noticeMs: 0, quietMs: 0 },
      etcd,
    },
  });
  await instance.launch();
  return instance;
}

async function isJoined(baton: Baton): Promise<void> {
  await eventually(async () => expect((await baton.state()).store.leaseHeld).toBe(true), {
    timeoutMs: 30_000,
  });
}

describe('when etcd requires a password', () => {
  beforeEach(() => lockEtcd(running.etcd, password));

  it('joins with the right one', async () => {
    const baton = await launch({ endpoints: [running.etcd.endpoint], username: 'root', password });
    await isJoined(baton);
    expect((await baton.state()).instance.degraded).toBe(false);
  });

  it.each<[string, BatonSettings[string], RegExp]>([
    [
      'a wrong one',
      { username: 'root', password: 'battery-staple' },
      /authentication failed, invalid user ID or password/,
    ],
    ['none', {}, /user name is empty/],
  ])(
    'logs the reason when it has %s, serves without etcd, and still ends cleanly',
    async (_, access, words) => {
      const baton = await launch({ endpoints: [running.etcd.endpoint], ...access });
      expect(await baton.process.waitForLine(/store joining/)).toMatch(words);
      await baton.waitUntilReady();
      expect((await baton.state()).instance).toMatchObject({ phase: 'ready', degraded: true });
      expect(await baton.stop()).toEqual({ code: 0, signal: null });
      expect(baton.process.output.text(400)).not.toContain('battery-staple');
    },
  );
});

describe("when etcd refuses a command's request", () => {
  it('exits with 69 and the reason, which is not that etcd does not answer', async () => {
    await lockEtcd(running.etcd, password);
    const { endpoint } = running.etcd;
    const { exitCode, stderr } = await runBaton(['upgrade', 'status', '--etcd', endpoint]);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(new RegExp(`^baton: etcd ${endpoint} refused the request: .*user name is empty`));
  });
});

describe('when nothing listens where etcd should be', () => {
  it('logs the reason, serves without etcd, and joins as soon as etcd starts', async () => {
    await running.etcd.stop();
    const baton = await launch({ endpoints: [running.etcd.endpoint] });
    expect(await baton.process.waitForLine(/store joining/)).toContain('ECONNREFUSED');
    await baton.waitUntilReady();
    expect((await baton.state()).instance.degraded).toBe(true);
    await running.etcd.restart('kept');
    await isJoined(baton);
    expect((await baton.state()).instance.degraded).toBe(false);
  });
});
