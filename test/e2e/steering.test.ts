import type { LifeEvent } from '../../src/admin/eventLog.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { batonEntry } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { httpGetJson } from '../../tools/testbed/httpGet.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';
import { useTopology } from '../support/topology.ts';

/** Two generations side by side behind a real Envoy: who takes the traffic, and what clients notice of it. */
checkForLeaks();

const leaseTtlSeconds = 2;
const noticeMs = 3000;
const options = {
  instances: 2,
  laterInstances: 2,
  baton: { etcd: { leaseTtlSeconds }, upgrade: { settleMs: 1200 }, drain: { noticeMs } },
  podFlags: { 'ttft-ms': 20, 'token-ms': 20, tokens: 20 },
};
const newer = { instance: { release: '2.0.0', generation: 2 } };
const patience = { timeoutMs: 30_000 };

const addresses = (instances: readonly Baton[]): string[] => instances.map(({ address }) => address);

async function phases(instances: readonly Baton[]): Promise<string[]> {
  return Promise.all(instances.map(async (instance) => (await instance.state()).instance.phase));
}

/** Envoy sends new requests to these and to no others. */
async function take(traffic: readonly Baton[], { envoy }: Topology): Promise<void> {
  await envoy.waitForHealthy('scheduler', addresses(traffic), patience.timeoutMs);
}

async function lifeOf(instance: Baton): Promise<LifeEvent[]> {
  return (await httpGetJson(`${instance.adminUrl}/events`)) as LifeEvent[];
}

async function decisions(instance: Baton): Promise<number> {
  const text = await (await fetch(`${instance.adminUrl}/metrics`)).text();
  return Number(
    /^baton_decisions_total\{policy="least-request",outcome="route"\} (\d+)/m.exec(text)?.[1] ?? 0,
  );
}

describe('when instances of a newer generation start beside the older ones', () => {
  const topology = useTopology(options);

  it('moves the traffic to them, and back at once when they are killed, and no client notices', async () => {
    const { instances: older, laterInstances: newest, chatUrl } = topology();
    const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients: 10 } });
    void load.start();
    try {
      const pids = older.map(({ process }) => process.pid);
      const [first, second] = newest as [Baton, Baton];
      await first.start(newer);
      await topology().envoy.waitForHealthyHost('scheduler', first.address);
      // One of two is not enough to take over from two.
      expect(await phases(older)).toEqual(['ready', 'ready']);
      await second.start(newer);
      await take(newest, topology());
      expect(await phases(older)).toEqual(['standby', 'standby']);
      await eventually(async () => {
        expect(
          (await Promise.all(older.map((one) => one.state()))).map(({ streams }) => streams.open),
        ).toEqual([0, 0]);
      }, patience);
      const before = await Promise.all(older.map(decisions));
      const sent = load.report().ok;
      await eventually(() => load.report().ok > sent + 50, patience);
      expect(await Promise.all(older.map(decisions))).toEqual(before);
      for (const one of older) expect((await fetch(`${one.adminUrl}/readyz`)).status).toBe(200);

      const killedMs = performance.now();
      await Promise.all(newest.map((one) => one.kill()));
      await eventually(async () => expect(await phases(older)).toEqual(['ready', 'ready']), patience);
      const backAfterMs = performance.now() - killedMs;
      await take(older, topology());
      expect(older.map(({ process }) => process.pid)).toEqual(pids);
      // The bound is one lease, which etcd looks for every half second; the rest is this machine's.
      expect(backAfterMs).toBeLessThan((leaseTtlSeconds + 8) * 1000);
      const back = await Promise.all(older.map(decisions));
      await eventually(async () => {
        const now = await Promise.all(older.map(decisions));
        return now.every((count, nth) => count > (back[nth] ?? 0));
      }, patience);
    } finally {
      const { failed, cut, problems } = await load.stop();
      expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
    }
  }, 120_000);
});

describe('when the operator has a word to say', () => {
  const topology = useTopology(options);

  async function upgrade(...args: string[]): Promise<{ code: number | null; said: string }> {
    const child = await ChildProcess.start({
      name: `baton upgrade ${args[0]}`,
      command: process.execPath,
      args: [batonEntry, 'upgrade', ...args, '--etcd', topology().etcd?.endpoint ?? ''],
    });
    const { code } = await child.exited;
    return { code, said: child.output.text(50) };
  }

  it('pins, rolls back and releases while traffic flows, and no client notices', async () => {
    const { instances: older, laterInstances: newest, chatUrl } = topology();
    const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients: 10 } });
    void load.start();
    try {
      expect(await upgrade('rollback')).toMatchObject({ code: 1, said: expect.stringContaining('below 1') });
      expect(await upgrade('pin', '2')).toMatchObject({
        code: 1,
        said: expect.stringContaining('generation 2'),
      });
      expect((await upgrade('pin', '1', '--reason', 'not yet')).code).toBe(0);
      await Promise.all(newest.map((one) => one.start(newer)));
      await take(older, topology());
      expect(await phases(newest)).toEqual(['standby', 'standby']);
      // Pinned away before they started, they never took a request.
      expect(await Promise.all(newest.map(decisions))).toEqual([0, 0]);

      expect(await upgrade('release')).toMatchObject({ code: 0, said: expect.stringContaining('released') });
      await take(newest, topology());
      expect(await phases(older)).toEqual(['standby', 'standby']);

      expect((await upgrade('rollback', '--reason', 'slow')).code).toBe(0);
      await take(older, topology());
      const status = await upgrade('status', '--json');
      expect(JSON.parse(status.said)).toMatchObject({
        servingGeneration: 1,
        pinned: { generation: 1, reason: 'slow' },
      });

      expect((await upgrade('release')).code).toBe(0);
      await take(newest, topology());
      const [leaving] = older as [Baton];
      const told = (await lifeOf(leaving)).map(({ kind, message }) => `${kind}: ${message}`);
      expect(told).toContain('steering: generation 1 is pinned');

      // Envoy has been told for longer than the notice already, so there is nothing to wait for.
      await eventually(async () => expect((await leaving.state()).streams.open).toBe(0), patience);
      const stoodByAt = (await lifeOf(leaving)).findLast(({ kind }) => kind === 'phase')?.at ?? '';
      await eventually(() => Date.now() - Date.parse(stoodByAt) > noticeMs, patience);
      await leaving.stopCleanly();
      expect(logLines(leaving, 'drain.completed')[0]?.tookMs).toBeLessThan(noticeMs);
    } finally {
      const { failed, cut, problems } = await load.stop();
      expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
    }
  }, 120_000);
});
