import { startPodsim } from '../../tools/podsim/server.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { type BrowserPage, Chromium, findChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { hasDrawn, readPage } from './dashboardPage.ts';

const token = 'a-token-of-an-operator';
const wide = { width: 1280, height: 900 };
const wait = { timeoutMs: 30_000 };

let chromium: Chromium;
let cluster: BatonCluster;
let pods: Awaited<ReturnType<typeof startPodsim>>[];
let instance: Baton;
let page: BrowserPage;

beforeAll(async () => {
  chromium = await Chromium.start(findChromium(process.env) ?? 'chromium');
  pods = await Promise.all(
    [20, 60].map((ttftMs) => startPodsim({ ttftMs, tokenMs: 1, tokensPerReply: 2, cacheTokens: 100_000 })),
  );
  cluster = await BatonCluster.start({
    pool: { endpoints: pods.map(({ address }) => address) },
    etcd: { leaseTtlSeconds: 2 },
    signals: { metrics: { read: 'always' } },
    drain: { noticeMs: 0, quietMs: 0, graceMs: 1_000 },
  });
});
afterAll(async () => {
  await chromium.stop();
  await cluster.stop();
  await Promise.all(pods.map((pod) => pod.stop()));
});
// After the parts are ended, in the order in which hooks are written.
checkForLeaks();
afterEach(async () => {
  expect(page.errors).toEqual([]);
  await page.close();
});

async function open(id: string, admin: Record<string, unknown>): Promise<void> {
  instance = await cluster.instance(id, { admin });
  await instance.start();
  page = await chromium.open(`${instance.adminUrl}/`, wide);
  await eventually(() => hasDrawn(page));
}

const text = (id: string): Promise<string> =>
  page.evaluate<string>(`document.querySelector('#${id}').textContent`);
const isShown = (id: string): Promise<boolean> =>
  page.evaluate<boolean>(`document.querySelector('#${id}').checkVisibility()`);
const type = (id: string, value: string): Promise<void> =>
  page.evaluate(`document.querySelector('#${id}').value = ${JSON.stringify(value)}`);
const click = (selector: string): Promise<void> =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);

it('the time to the first token and the cache hits are those of /state', async () => {
  await open('a', {});
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
});

it('without a token in the configuration there is nothing for an operator', async () => {
  await open('b', {});
  expect(await isShown('operator')).toBe(false);
});

it('an operator changes something after giving the token, a name and a reason', async () => {
  await open('c', { token });
  expect([await isShown('operator'), await isShown('operator-controls')]).toEqual([true, false]);
  await type('operator-token', 'not-the-token-of-anyone');
  await click('#operator-token-form button');
  await eventually(async () => expect(await text('operator-answer')).toMatch(/^Refused: the token is wrong/));
  expect(await isShown('operator-controls')).toBe(false);
  await type('operator-token', token);
  await click('#operator-token-form button');
  await eventually(() => isShown('operator-controls'));

  const set = '#operator [data-action="dynamic/set"]';
  await type('operator-setting', 'scheduling.policy');
  await type('operator-value', 'random');
  await click(set);
  expect((await instance.state()).dynamic).toBeNull();
  await type('operator-name', 'ana');
  await type('operator-reason', 'to see it');
  await click(set);
  await eventually(async () => {
    expect(await text('operator-answer')).toMatch(/^Done: set until/);
    expect((await instance.state()).dynamic).toMatchObject({ reason: 'ana: to see it' });
    expect((await readPage(page)).events.join()).toContain('ana: set until');
  }, wait);

  await type('operator-reason', 'done with it');
  await click('#operator-drain');
  expect(await instance.process.exited).toEqual({ code: 0, signal: null });
});
