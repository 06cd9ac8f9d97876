import { Agent } from 'node:http';
import type { Baton } from '../../tools/testbed/baton.ts';
import { rollingUpgrade } from '../../tools/testbed/rollingUpgrade.ts';
import { sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import { StatePoller } from '../../tools/testbed/statePoller.ts';
import { allCountsReturnToZero, viewOf } from '../support/counts.ts';
import { eventually } from '../support/eventually.ts';
import { fillSlots, waitingInPods } from '../support/fullPods.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { serverKinds, serverSettings } from '../support/serverKinds.ts';
import { whileClientsStream } from '../support/sseClients.ts';
import { envoyRoutesTo, restartEnded, useTopology } from '../support/topology.ts';

/** Instances that are replaced or stopped, with the default notice and quiet times. */
checkForLeaks();

const extProc = 'http.ingress.ext_proc.baton.';

describe.each(serverKinds)('with two instances that share etcd (%s)', (transport) => {
  const topology = useTopology({
    baton: {
      ...serverSettings(transport),
      pool: { probe: { timeoutMs: 5_000 } },
      // Longer than any test, so that no drain ends because of it.
      drain: { graceMs: 600_000 },
      // Handoffs of one test expire before the next.
      upgrade: { handoffTtlMs: 1_000 },
    },
  });
  const both = () => topology().instances as [Baton, Baton];
  const agent = new Agent({ keepAlive: true });
  afterAll(() => agent.destroy());

  afterEach(async () => {
    await restartEnded(topology(), both());
    await allCountsReturnToZero(topology());
  });

  /**
   * Opens streams that stay in flight until `finish`; resolves when all of them have reached a pod.
   */
  async function openHeldStreams(count: number) {
    const releaseSlots = await fillSlots(topology().pods);
    const streams = Array.from({ length: count }, () => sendSseRequest({ url: topology().chatUrl, agent }));
    const finish = async () => {
      await releaseSlots();
      return Promise.all(streams);
    };
    try {
      await eventually(async () => expect(await waitingInPods(topology().pods)).toBe(count));
    } catch (error) {
      await finish();
      throw error;
    }
    return { finish };
  }

  const oneMoreRequest = async () =>
    expect(await sendHttp(`${topology().envoy.url}/v1/models`)).toMatchObject({ status: 200 });
  const openStreams = async (instance: Baton) => (await instance.state()).streams.open;

  it('loses no request while each instance is upgraded, and none starts with an empty view', async () => {
    const watch = new StatePoller(both());
    watch.start();
    try {
      await whileClientsStream(topology(), async (allServedAgain) => {
        const upgrades = await rollingUpgrade(topology(), { release: '2.0.0', generation: 2 }, watch);
        expect(upgrades).toMatchObject([
          { name: 'a', to: '2.0.0', firstDecision: {} },
          { name: 'b', to: '2.0.0', firstDecision: {} },
        ]);
        for (const { firstDecision } of upgrades) {
          expect(Object.keys(firstDecision?.believed ?? {})).not.toEqual([]);
        }
        await allServedAgain();
      });
    } finally {
      await watch.stop();
    }
    for (const instance of both()) {
      expect((await instance.state()).instance).toMatchObject({ release: '2.0.0', phase: 'ready' });
    }
  }, 180_000);

  it("makes its first decision on the other instance's exact counts", async () => {
    const [a, b] = both();
    await a.stopCleanly();
    await envoyRoutesTo(topology(), [b]);
    const { finish } = await openHeldStreams(5);
    try {
      const counted = await viewOf(b);
      expect(Object.values(counted).reduce((sum, count) => sum + count, 0)).toBe(5);
      await a.start();
      expect((await a.state()).firstDecision).toBeNull();
      await envoyRoutesTo(topology(), [a, b]);
      await eventually(async () => {
        // The other instance may have served the request before, and must have published its end.
        await eventually(async () => expect(await viewOf(a)).toEqual(counted));
        await oneMoreRequest();
        expect((await a.state()).firstDecision?.view).toEqual(counted);
      });
    } finally {
      for (const outcome of await finish()) expect(outcome).toMatchObject({ kind: 'ok' });
    }
  }, 120_000);

  it('fails health first, gets no new streams, serves the open ones to their end, and exits', async () => {
    const [a, b] = both();
    const { envoy } = topology();
    const errors = async () =>
      Object.fromEntries(
        await envoy.stats(`^${extProc}(streams_failed|failure_mode_allowed|message_timeouts)$`),
      );
    const before = await errors();
    expect(Object.keys(before)).toHaveLength(3);
    const { finish } = await openHeldStreams(8);
    let outcomes: Awaited<ReturnType<typeof finish>>;
    try {
      const held = await openStreams(a);
      expect(held).toBeGreaterThan(0);
      a.process.signal('SIGTERM');
      await envoyRoutesTo(topology(), [b]);
      expect((await a.state()).instance.phase).toBe('draining');
      expect(await openStreams(a)).toBe(held);

      const sent = await envoy.requestsByHost('scheduler');
      for (let nth = 0; nth < 6; nth++) await oneMoreRequest();
      const sentNow = await envoy.requestsByHost('scheduler');
      expect(sentNow.get(a.address)).toBe(sent.get(a.address));
      expect(sentNow.get(b.address)).toBe((sent.get(b.address) ?? 0) + 6);
      expect(await openStreams(a)).toBe(held);
    } finally {
      outcomes = await finish();
    }
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'ok' });
    expect(await a.process.exited).toEqual({ code: 0, signal: null });
    expect(await errors()).toEqual(before);
  }, 120_000);

  it('exits at once and cleanly at a second SIGTERM, and cuts no response', async () => {
    const [a] = both();
    const { finish } = await openHeldStreams(8);
    try {
      expect(await openStreams(a)).toBeGreaterThan(0);
      a.process.signal('SIGTERM');
      await eventually(async () => (await a.state()).instance.phase === 'draining');
      a.process.signal('SIGTERM');
      // Its streams are still open and the grace is long, so only the signal can end it.
      expect(await a.process.exited).toEqual({ code: 0, signal: null });
    } finally {
      for (const outcome of await finish()) expect(outcome).toMatchObject({ kind: 'ok' });
    }
  }, 120_000);
});
