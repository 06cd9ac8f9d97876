import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Baton } from '../../../tools/testbed/baton.ts';
import type { Pod } from '../../../tools/testbed/pod.ts';
import { drainsCleanly } from '../../support/drainsCleanly.ts';
import { eventually } from '../../support/eventually.ts';
import { clientsMayNotice, noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { slowHealthChecks } from '../../support/slowHealthChecks.ts';
import { allPodsAreHealthy, envoyRoutesTo, useTopology } from '../../support/topology.ts';

/** Pods that die, appear and disappear under streaming load. */
checkForLeaks();

const longWait = { timeoutMs: 60_000 };

/** Waits until these instances send requests to exactly these pods. */
async function sendTo(instances: readonly Baton[], pods: readonly Pod[]): Promise<void> {
  const wanted = pods.map(({ address }) => address).sort();
  await eventually(async () => {
    for (const instance of instances) {
      const ready = (await instance.state()).pool.filter((endpoint) => endpoint.ready);
      expect(ready.map(({ address }) => address).sort()).toEqual(wanted);
    }
  }, longWait);
}

describe('when a pod dies in the middle of its responses', () => {
  const topology = useTopology({
    baton: { pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: shortStreams,
  });

  it('cuts those responses and no others', async () => {
    const { instances, pods } = topology();
    const [dying, ...others] = pods as [Pod, ...Pod[]];
    let inFlight = 0;
    const report = await clientsMayNotice(
      topology(),
      'a pod dies',
      async ({ allServedAgain, measure, record }) => {
        await eventually(async () => expect((await dying.state()).running).toBeGreaterThan(3), longWait);
        inFlight = (await dying.state()).running;
        await dying.kill();
        record('in flight there', inFlight);
        await measure('excluded', sendTo(instances, others));
        await allServedAgain();
        await dying.restart();
        await measure('ready again', allPodsAreHealthy(topology()));
        await allServedAgain();
      },
    );
    expect(report.cut).toBeGreaterThan(0);
    // Each client had at most one request on the pod.
    expect(report.cut + report.failed).toBeLessThanOrEqual(24);
    for (const problem of report.problems) {
      // The second: the pod died after it had received the request and before its response headers.
      expect(problem).toMatch(
        /^cut by pod-1 |^failed .*\breset before headers\..*(connection termination|protocol error)/,
      );
    }
  }, 180_000);
});

describe('when pods appear and disappear during an upgrade', () => {
  const topology = useTopology({
    pods: 4,
    baton: { pool: { probe: { timeoutMs: 5_000 } } },
    amendEnvoy: slowHealthChecks,
    podFlags: shortStreams,
  });
  let folder: string;
  let file: string;

  const list = async (pods: readonly Pod[]) => {
    await writeFile(`${file}.next`, JSON.stringify({ endpoints: pods.map(({ address }) => address) }));
    await rename(`${file}.next`, file);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'baton-pods-'));
    file = join(folder, 'pods.yaml');
    await list(topology().pods.slice(0, 2));
    for (const instance of topology().instances) {
      await instance.stopCleanly();
      await instance.start({ pool: { endpoints: [], file } });
    }
    await envoyRoutesTo(topology(), topology().instances);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('loses no request', async () => {
    const { instances, pods } = topology();
    const [a, b] = instances as [Baton, Baton];
    const [oldPods, newPods] = [pods.slice(0, 2), pods.slice(2)];
    const next = { instance: { release: '2.0.0' } };
    const report = await noClientNotices(topology(), 'pods change in an upgrade', async (observed) => {
      const { allServedAgain, measure } = observed;
      await sendTo(instances, oldPods);
      const aDrained = drainsCleanly(a);
      await list(pods);
      await aDrained;
      await a.start(next);
      await measure('all four in use', sendTo(instances, pods));
      await envoyRoutesTo(topology(), instances);
      await allServedAgain();

      const bDrained = drainsCleanly(b);
      await list(newPods);
      await measure('two in use', sendTo([a], newPods));
      await bDrained;
      await eventually(async () => {
        for (const pod of oldPods) expect(await pod.state()).toMatchObject({ running: 0, waiting: 0 });
      }, longWait);
      await Promise.all(oldPods.map((pod) => pod.kill()));
      await b.start(next);
      await envoyRoutesTo(topology(), instances);
      await sendTo(instances, newPods);
      await allServedAgain();
    });
    expect(Object.keys(report.byPod)).toEqual(['pod-1', 'pod-2', 'pod-3', 'pod-4']);
  }, 180_000);
});
