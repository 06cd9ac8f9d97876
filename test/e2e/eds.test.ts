import type { Baton } from '../../tools/testbed/baton.ts';
import type { Pod } from '../../tools/testbed/pod.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { drainsCleanly } from '../support/drainsCleanly.ts';
import { eventually } from '../support/eventually.ts';
import { noClientNotices, shortStreams } from '../support/faultRow.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { setFault } from '../support/podFault.ts';
import { envoyShowsThePool } from '../support/publishedState.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { envoyRoutesTo, useTopology } from '../support/topology.ts';

/** Pods that are told once, by registration: Envoy has them from Baton (envoy/envoy-eds.yaml). */
checkForLeaks();

const longWait = { timeoutMs: 60_000 };
const changes = 'cluster.model_pods.membership_change';

describe('with pods that register, and an Envoy that has no list of them', () => {
  const topology = useTopology({
    pods: 2,
    registerPods: true,
    podWeights: [1, 2, 1, 1],
    podFlags: shortStreams,
    baton: { pool: { probe: { timeoutMs: 5_000 } } },
  });
  const addresses = (pods: readonly Pod[]) => pods.map(({ address }) => address);

  it('has the pods, their health and their weights as Baton has them', async () => {
    const { pods } = topology();
    const [sick] = pods as [Pod];
    await envoyShowsThePool(topology(), addresses(pods));
    const fault = (kind: string) => sendHttp(`http://${sick.address}/podsim/fault`, { body: { kind } });
    expect((await fault('unhealthy')).status).toBe(200);
    await eventually(async () => {
      expect((await topology().envoy.hosts('model_pods')).get(sick.address)).toBe(false);
    }, longWait);
    await envoyShowsThePool(topology(), addresses(pods));
    await fault('none');
    await eventually(async () => {
      expect((await topology().envoy.hosts('model_pods')).get(sick.address)).toBe(true);
    }, longWait);
    await envoyShowsThePool(topology(), addresses(pods));
  }, 180_000);

  it('has a pod in quarantine as unhealthy, although its probes pass, until it is trusted again', async () => {
    const { envoy, pods } = topology();
    const [sick] = pods as [Pod];
    const load = new SseLoad({ url: topology().chatUrl, pace: { kind: 'open', requestsPerSecond: 50 } });
    void load.start();
    try {
      await eventually(() => expect(load.report().ok).toBeGreaterThan(50), longWait);
      await setFault(sick, { kind: 'error' });
      const isInUse = async () => (await envoy.hosts('model_pods')).get(sick.address);
      await eventually(async () => expect(await isInUse()).toBe(false), longWait);
      await envoyShowsThePool(topology(), addresses(pods));
      await setFault(sick, { kind: 'none' });
      await eventually(async () => expect(await isInUse()).toBe(true), longWait);
      await envoyShowsThePool(topology(), addresses(pods));
      const states = await Promise.all(topology().instances.map((instance) => instance.state()));
      const faults = states.flatMap(({ pool }) => pool.map(({ fault }) => fault));
      expect(faults).toEqual(faults.map(() => null));
    } finally {
      await setFault(sick, { kind: 'none' });
      await load.stop();
    }
  }, 180_000);

  it('sends a pod requests as soon as it registers, none after it leaves, and loses none in an upgrade', async () => {
    const { addPod, instances, pods, registrars } = topology();
    const [a, b] = instances as [Baton, Baton];
    const next = { instance: { release: '2.0.0' } };
    await noClientNotices(topology(), 'pods register and leave in an upgrade', async (observed) => {
      const third = await addPod();
      await observed.measure('in Envoy', envoyShowsThePool(topology(), addresses(pods)));
      await eventually(async () => expect((await third.state()).served).toBeGreaterThan(0), longWait);

      const aDrained = drainsCleanly(a);
      await addPod();
      await aDrained;
      await a.start(next);
      await envoyShowsThePool(topology(), addresses(pods));

      const [leaving, ...staying] = pods as [Pod, ...Pod[]];
      const bDrained = drainsCleanly(b);
      await registrars.get(leaving.address)?.stop();
      await bDrained;
      await observed.measure('gone from Envoy', envoyShowsThePool(topology(), addresses(staying)));
      await eventually(
        async () => expect(await leaving.state()).toMatchObject({ running: 0, waiting: 0 }),
        longWait,
      );
      await leaving.stop();
      await b.start(next);
      await envoyRoutesTo(topology(), instances);
      await envoyShowsThePool(topology(), addresses(staying));
      await observed.allServedAgain();
    });
  }, 180_000);

  it('keeps the pods while no Baton runs, and changes nothing when they are back', async () => {
    const { envoy, instances, pods } = topology();
    const staying = addresses(pods.slice(1));
    await envoyShowsThePool(topology(), staying);
    const before = await envoy.stat(changes);
    await noClientNotices(topology(), 'all Batons are killed', async ({ allServedAgain }) => {
      await Promise.all(instances.map((instance) => instance.kill()));
      await allServedAgain();
      await envoyShowsThePool(topology(), staying);
      await Promise.all(instances.map((instance) => instance.start()));
      await envoyRoutesTo(topology(), instances);
      await eventually(async () => {
        const states = await Promise.all(instances.map((instance) => instance.state()));
        expect(states.map(({ discovery }) => discovery.streams).sort()).toEqual([0, 1]);
        expect(new Set(states.map(({ discovery }) => discovery.version)).size).toBe(1);
      }, longWait);
      await envoyShowsThePool(topology(), staying);
      await allServedAgain();
    });
    expect(await envoy.stat(changes)).toBe(before);
    expect(await envoy.stat('cluster.model_pods.update_rejected')).toBe(0);
  }, 180_000);
});
