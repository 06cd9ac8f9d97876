import { BatonCluster } from '../support/batonCluster.ts';
import { type BrowserPage, Chromium, findChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { HttpPod } from '../support/httpPod.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { hasDrawn, readPage } from './dashboardPage.ts';

let cluster: BatonCluster;
let chromium: Chromium;
let pods: HttpPod[];

beforeAll(async () => {
  pods = await Promise.all(Array.from({ length: 3 }, () => HttpPod.start(() => ({}))));
  cluster = await BatonCluster.start({
    pool: {
      endpoints: pods.map(({ address }) => address),
      probe: { enabled: true, intervalMs: 100, unhealthyThreshold: 1 },
    },
    etcd: { leaseTtlSeconds: 2 },
    drain: { noticeMs: 3_000 },
  });
  chromium = await Chromium.start(findChromium(process.env) ?? 'chromium');
});
afterAll(async () => {
  await chromium.stop();
  await cluster.stop();
  await Promise.all(pods.map((pod) => pod.stop()));
});
// After the parts are ended, in the order in which hooks are written.
checkForLeaks();

it('the page equals /state while a pod dies, an instance drains and goes, and etcd goes', async () => {
  const [a, b] = [await cluster.instance('a'), await cluster.instance('b')];
  await Promise.all([a.start(), b.start()]);
  const page = await chromium.open(`${a.adminUrl}/`, { width: 1280, height: 900 });
  await eventually(() => hasDrawn(page));

  /** Waits until state and page have it, and are equal in all that does not change by itself. */
  const expectBoth = (condition: (headline: string) => boolean): Promise<void> =>
    eventually(async () => {
      const { pool, peers, instance } = await a.state();
      const shown = await readPage(page);
      expect(condition(shown.headline)).toBe(true);
      expect(Object.keys(shown.pods).sort()).toEqual(pool.map(({ address }) => address).sort());
      for (const { address, ready, fault, view } of pool) {
        expect(shown.pods[address]).toEqual([
          ready ? 'ready' : 'out',
          fault === null ? '' : `fails its probes: ${fault}`,
          String(view),
          '',
          '',
          '',
        ]);
      }
      const fleet = [instance, ...peers];
      expect(Object.keys(shown.instances).sort()).toEqual(fleet.map(({ id }) => id).sort());
      for (const { id, phase, release, generation } of fleet)
        expect(shown.instances[id]).toEqual([phase, release, String(generation), '0']);
    });

  await expectBoth((headline) => headline === 'No Envoy is connected to a');
  const [dying] = pods as [HttpPod];
  await dying.stop();
  await expectBoth((headline) => headline.startsWith(`Pod ${dying.address} fails its probes`));
  const draining = b.stopCleanly();
  await eventually(async () => expect((await readPage(page)).instances.b?.[0]).toBe('draining'));
  await draining;
  await expectBoth(() => true);
  expect(Object.keys((await readPage(page)).instances)).toEqual(['a']);
  cluster.etcd.process.pause();
  await eventually(async () => {
    const { problems, tiles } = await readPage(page);
    expect(problems.join()).toContain('etcd is away: a decides on its local counts');
    expect(tiles.view).toMatch(/ old$/);
  });
  cluster.etcd.process.resume();
  await expectBoth(() => true);
  expect((page satisfies BrowserPage).errors).toEqual([]);
  await page.close();
}, 120_000);
