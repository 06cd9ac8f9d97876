import { startPodsim } from '../../tools/podsim/server.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { Chromium, findChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { hasDrawn, readPage } from './dashboardPage.ts';

const wide = { width: 1280, height: 900 };
const wait = { timeoutMs: 30_000 };

let chromium: Chromium;
let cluster: BatonCluster;
let pods: Awaited<ReturnType<typeof startPodsim>>[];
let instance: Baton;

beforeAll(async () => {
  chromium = await Chromium.start(findChromium(process.env) ?? 'chromium');
  pods = await Promise.all(
    [20, 60].map((ttftMs) => startPodsim({ ttftMs, tokenMs: 1, tokensPerReply: 2, cacheTokens: 100_000 })),
  );
  cluster = await BatonCluster.start({
    pool: { endpoints: pods.map(({ address }) => address) },
    etcd: { leaseTtlSeconds: 2 },
    signals: { metrics: { read: 'always' } },
  });
  instance = await cluster.instance('a');
  await instance.start();
});
afterAll(async () => {
  await chromium.stop();
  await cluster.stop();
  await Promise.all(pods.map((pod) => pod.stop()));
});
// After the parts are ended, in the order in which hooks are written.
checkForLeaks();

it('the time to the first token and the cache hits are those of /state', async () => {
  const page = await chromium.open(`${instance.adminUrl}/`, wide);
  await eventually(() => hasDrawn(page));
  await eventually(async () => {
    for (const { address } of pods) {
      const body = JSON.stringify({ prompt: 'the same words again '.repeat(400), max_tokens: 2 });
      const headers = { 'content-type': 'application/json' };
      await (await fetch(`http://${address}/v1/completions`, { method: 'POST', headers, body })).text();
    }
    const { pool } = await instance.state();
    const shown = await readPage(page);
    for (const { address, reading } of pool) {
      expect(reading?.firstTokenMs).toEqual(expect.any(Number));
      expect(reading?.cacheHitRate).toEqual(expect.any(Number));
      const percent = `${Math.round(100 * (reading?.cacheHitRate ?? 0))} %`;
      expect(shown.pods[address]?.slice(4)).toEqual([
        percent,
        `${Math.round(reading?.firstTokenMs ?? 0)} ms`,
      ]);
    }
    const slowest = Math.max(...pool.map(({ reading }) => reading?.firstTokenMs ?? 0));
    expect(shown.tiles['first-token']).toBe(`${Math.round(slowest)} ms`);
  }, wait);
  expect(page.errors).toEqual([]);
  await page.close();
}, 120_000);
