import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Baton } from '../../../tools/testbed/baton.ts';
import type { Pod } from '../../../tools/testbed/pod.ts';
import { endsCleanly } from '../../support/cleanEnd.ts';
import { eventually } from '../../support/eventually.ts';
import { clientsMayNotice, noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { slowHealthChecks } from '../../support/slowHealthChecks.ts';
import { allPodsAreUp, envoyAsks, useTopology } from '../../support/topology.ts';

/** Pods that die, appear and vanish under streaming load. */
checkForLeaks();

const patience = { timeoutMs: 60_000 };

/** Waits until these instances send requests to exactly these pods. */
async function sendTo(instances: readonly Baton[], pods: readonly Pod[]): Promise<void> {
  const wanted = pods.map(({ address }) => address).sort();
  await eventually(async () => {
    for (const instance of instances) {
      const ready = (await instance.state()).pool.filter((endpoint) => endpoint.ready);
      expect(ready.map(({ address }) => address).sort()).toEqual(wanted);
    }
  }, patience);
}

describe('when a pod dies in the middle of its answers', () => {
  const topology = useTopology({
    baton: { pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: shortStreams,
  });

  it('cuts those answers and no others', async () => {
    const { instances, pods } = topology();
    const [dying, ...others] = pods as [Pod, ...Pod[]];
    let inFlight = 0;
    const report = await clientsMayNotice(topology(), 'a pod dies', async ({ servedAnew, took, note }) => {
      await eventually(async () => expect((await dying.state()).running).toBeGreaterThan(3), patience);
      inFlight = (await dying.state()).running;
      await dying.kill();
      note('in flight there', inFlight);
      await took('left out', sendTo(instances, others));
      await servedAnew();
      await dying.restart();
      await took('back', allPodsAreUp(topology()));
      await servedAnew();
    });
    expect(report.cut).toBeGreaterThan(0);
    // Each client had one request at most when the pod died, and no other died later.
    expect(report.cut + report.failed).toBeLessThanOrEqual(24);
    for (const problem of report.problems) {
      // The second: the pod had the request and died before its first word.
      expect(problem).toMatch(/^cut by pod-1 |^failed .*\breset before headers\..*connection termination/);
    }
  }, 180_000);
});

describe('when pods appear and vanish during an upgrade', () => {
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
    await envoyAsks(topology(), topology().instances);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('loses no request', async () => {
    const { instances, pods } = topology();
    const [a, b] = instances as [Baton, Baton];
    const [old, young] = [pods.slice(0, 2), pods.slice(2)];
    const next = { instance: { release: '2.0.0' } };
    const report = await noClientNotices(topology(), 'pods change in an upgrade', async (observed) => {
      const { servedAnew, took } = observed;
      await sendTo(instances, old);
      const aEnds = endsCleanly(a);
      await list(pods);
      await aEnds;
      await a.start(next);
      await took('all four in use', sendTo(instances, pods));
      await envoyAsks(topology(), instances);
      await servedAnew();

      const bEnds = endsCleanly(b);
      await list(young);
      await took('two in use', sendTo([a], young));
      await bEnds;
      await eventually(async () => {
        for (const pod of old) expect(await pod.state()).toMatchObject({ running: 0, waiting: 0 });
      }, patience);
      await Promise.all(old.map((pod) => pod.kill()));
      await b.start(next);
      await envoyAsks(topology(), instances);
      await sendTo(instances, young);
      await servedAnew();
    });
    expect(Object.keys(report.byPod)).toEqual(['pod-1', 'pod-2', 'pod-3', 'pod-4']);
  }, 180_000);
});
