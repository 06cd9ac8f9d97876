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

/**
 * Two generations side by side behind a real Envoy: which one takes the traffic, and what clients
 * notice.
 */
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
const longWait = { timeoutMs: 30_000 };

const addresses = (instances: readonly Baton[]): string[] => instances.map(({ address }) => address);

async function phases(instances: readonly Baton[]): Promise<string[]> {
  return Promise.all(instances.map(async (instance) => (await instance.state()).instance.phase));
}

/** Waits until Envoy sends new requests to exactly these instances. */
async function waitForTraffic(traffic: readonly Baton[], { envoy }: Topology): Promise<void> {
  await envoy.waitForHealthy('scheduler', addresses(traffic), longWait.timeoutMs);
}

async function eventsOf(instance: Baton): Promise<LifeEvent[]> {
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
      // One newer instance does not replace two older ones.
      expect(await phases(older)).toEqual(['ready', 'ready']);
      await second.start(newer);
      await waitForTraffic(newest, topology());
      expect(await phases(older)).toEqual(['standby', 'standby']);
      await eventually(async () => {
        expect(
          (await Promise.all(older.map((one) => one.state()))).map(({ streams }) => streams.open),
        ).toEqual([0, 0]);
      }, longWait);
      const before = await Promise.all(older.map(decisions));
      const sent = load.report().ok;
      await eventually(() => load.report().ok > sent + 50, longWait);
      expect(await Promise.all(older.map(decisions))).toEqual(before);
      for (const one of older) expect((await fetch(`${one.adminUrl}/readyz`)).status).toBe(200);

      await Promise.all(newest.map((one) => one.kill()));
      await eventually(async () => expect(await phases(older)).toEqual(['ready', 'ready']), longWait);
      await waitForTraffic(older, topology());
      expect(older.map(({ process }) => process.pid)).toEqual(pids);
      const back = await Promise.all(older.map(decisions));
      await eventually(async () => {
        const now = await Promise.all(older.map(decisions));
        return now.every((count, nth) => count > (back[nth] ?? 0));
      }, longWait);
    } finally {
      const { failed, cut, problems } = await load.stop();
      expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
    }
  }, 120_000);
});

describe('when an operator pins a generation', () => {
  const topology = useTopology(options);

  async function upgrade(...args: string[]): Promise<{ code: number | null; output: string }> {
    const child = await ChildProcess.start({
      name: `baton upgrade ${args[0]}`,
      command: process.execPath,
      args: [batonEntry, 'upgrade', ...args, '--etcd', topology().etcd?.endpoint ?? ''],
    });
    const { code } = await child.exited;
    return { code, output: child.output.text(50) };
  }

  it('pins, rolls back and releases while traffic flows, and no client notices', async () => {
    const { instances: older, laterInstances: newest, chatUrl } = topology();
    const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients: 10 } });
    void load.start();
    try {
      expect(await upgrade('rollback')).toMatchObject({
        code: 1,
        output: expect.stringContaining('below 1'),
      });
      expect(await upgrade('pin', '2')).toMatchObject({
        code: 1,
        output: expect.stringContaining('generation 2'),
      });
      expect((await upgrade('pin', '1', '--reason', 'not yet')).code).toBe(0);
      await Promise.all(newest.map((one) => one.start(newer)));
      await waitForTraffic(older, topology());
      expect(await phases(newest)).toEqual(['standby', 'standby']);
      // Another generation was pinned before they started, so they never took a request.
      expect(await Promise.all(newest.map(decisions))).toEqual([0, 0]);

      expect(await upgrade('release')).toMatchObject({
        code: 0,
        output: expect.stringContaining('released'),
      });
      await waitForTraffic(newest, topology());
      expect(await phases(older)).toEqual(['standby', 'standby']);

      expect((await upgrade('rollback', '--reason', 'slow')).code).toBe(0);
      await waitForTraffic(older, topology());
      const status = await upgrade('status', '--json');
      expect(JSON.parse(status.output)).toMatchObject({
        servingGeneration: 1,
        pinned: { generation: 1, reason: 'slow' },
      });

      expect((await upgrade('release')).code).toBe(0);
      await waitForTraffic(newest, topology());
      const [stopping] = older as [Baton];
      const messages = (await eventsOf(stopping)).map(({ kind, message }) => `${kind}: ${message}`);
      expect(messages).toContain('steering: generation 1 is pinned');

      // Its health has failed for longer than the notice already, so the drain need not wait.
      await eventually(async () => expect((await stopping.state()).streams.open).toBe(0), longWait);
      const standbySince = (await eventsOf(stopping)).findLast(({ kind }) => kind === 'phase')?.at ?? '';
      await eventually(() => Date.now() - Date.parse(standbySince) > noticeMs, longWait);
      await stopping.stopCleanly();
      expect(logLines(stopping, 'drain.completed')).toMatchObject([{ noticeMs: 0 }]);
    } finally {
      const { failed, cut, problems } = await load.stop();
      expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
    }
  }, 120_000);
});
