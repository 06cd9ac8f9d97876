import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog } from '../../src/admin/eventLog.ts';
import type { OperatorRequest } from '../../src/admin/operator/operatorRequest.ts';
import { TokenCheck } from '../../src/admin/operator/tokenCheck.ts';
import { type Admin, startAdmin } from '../../src/admin/server.ts';
import type { InstanceState } from '../../src/admin/state.ts';
import { summarizePods } from '../../src/admin/verdict/podSummary.ts';
import { verdictOf } from '../../src/admin/verdict/verdict.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { type BrowserPage, Chromium, findChromium, type WindowOptions } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { hasDrawn, readPage } from './dashboardPage.ts';
import { pods, situations, sourcesOf } from './situations.ts';

/** The screenshots of a run, to be looked at. */
const pictures = join(checkoutDir, '.run/dashboard');
const wide: WindowOptions = { width: 1280, height: 900 };

let chromium: Chromium;
let admin: Admin;
let state: InstanceState;
let events: EventLog;
let pages: BrowserPage[];

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  chromium = await Chromium.start(findChromium(process.env) ?? 'chromium');
});
// Before the check for leaks, in the order in which they are written.
afterAll(() => chromium.stop());
checkForLeaks();
beforeEach(async () => {
  pages = [];
  state = situations['all well'] as InstanceState;
  events = new EventLog({ now: () => new Date() });
  events.add('phase', 'starting → ready: startup complete', { from: 'starting', to: 'ready' });
  admin = await startAdmin({
    ...sourcesOf(() => {
      // Some traffic between two readings.
      const routed = state.decisions.routed + 20 + Math.round(20 * Math.random());
      state = { ...state, decisions: { ...state.decisions, routed } };
      return state;
    }),
    events,
    address: '127.0.0.1:0',
    allowedHosts: [],
  });
});
afterEach(async () => {
  for (const page of pages) {
    expect(page.errors).toEqual([]);
    await page.close();
  }
  await admin.stop();
});

async function open(options: WindowOptions = wide): Promise<BrowserPage> {
  const page = await chromium.open(`http://${admin.address}/`, options);
  pages.push(page);
  await eventually(() => hasDrawn(page));
  return page;
}

describe('in a browser', () => {
  it.each(Object.keys(situations))(
    'the verdict, the release and the pods of "%s" are shown',
    async (name) => {
      state = situations[name] as InstanceState;
      const page = await open();
      const verdict = verdictOf(state, summarizePods(state.pool));
      await eventually(async () => {
        const shown = await readPage(page);
        expect(shown).toMatchObject({ headline: verdict.headline, level: verdict.level });
        expect(shown.tiles.serving).toBe(verdict.serving.releases.join(', ') || 'none');
        expect(shown.tiles.pods).toBe(`${verdict.pods.used} of ${verdict.pods.pods.toLocaleString('en')}`);
        for (const { address } of verdict.pods.sick.slice(0, 10))
          expect(shown.pods).toHaveProperty([address]);
      });
      await page.screenshot(join(pictures, `${name.replaceAll(' ', '-')}.png`));
    },
  );

  it.each<[string, WindowOptions]>([
    ['narrow', { width: 360, height: 740 }],
    ['narrow-dark', { width: 360, height: 740, isDark: true }],
    ['dark', { ...wide, isDark: true }],
    ['wall', { width: 2560, height: 1440, isDark: true }],
  ])('nothing is wider than the window: %s', async (name, options) => {
    state = situations['a quarantined pod'] as InstanceState;
    const page = await open(options);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.screenshot(join(pictures, `${name}.png`));
  });

  it.each<[string, string, WindowOptions]>([
    ['all-well', 'all well', { width: 1280, height: 720 }],
    ['quarantined-dark', 'a quarantined pod', { width: 1280, height: 720, isDark: true }],
  ])('the picture of the documents can be made: %s', async (name, situation, options) => {
    state = situations[situation] as InstanceState;
    const page = await open(options);
    // Some seconds of traffic, so that the charts have lines.
    await eventually(async () => {
      const line = await page.evaluate<string>(
        "document.querySelector('.spark path:not(.area)').getAttribute('d')",
      );
      expect(line.split('L').length).toBeGreaterThan(8);
    });
    await page.screenshot(join(pictures, `docs-${name}.png`));
  });

  it('what engines say of themselves is shown beside what is counted', async () => {
    const [read, assumed] = pods(2);
    if (read === undefined || assumed === undefined) throw new Error('two pods were made');
    state = {
      ...state,
      pool: [
        { ...read, countedBy: 'reading', load: 12.5 },
        { ...assumed, countedBy: 'assumed', load: 4, reading: null },
      ],
    };
    const { pods: shown, tiles } = await readPage(await open());
    expect(shown[read.address]?.[3]).toBe('0 wait, KV 30 %, counted as 12.5 (reading)');
    expect(shown[assumed.address]?.[3]).toBe('counted as 4 (assumed)');
    expect([read, assumed].map(({ address }) => shown[address]?.slice(4))).toEqual([
      ['50 %', '180 ms'],
      ['', ''],
    ]);
    expect(tiles['first-token']).toBe('180 ms');
  });

  it('nothing is loaded from elsewhere', async () => {
    const page = await open();
    expect(page.requested.length).toBeGreaterThan(10);
    for (const url of page.requested) expect(url).toMatch(`http://${admin.address}/`);
  });

  it('names from etcd are text, whatever they are', async () => {
    const name = '<img src=x onerror="document.body.id=1">&amp;';
    const [first] = state.pool;
    state = {
      ...state,
      peers: [{ id: name, release: name, generation: 12, phase: 'ready', inFlight: 1 }],
      pool: first ? [{ ...first, models: [name], ready: false, fault: name }] : [],
    };
    events.add('pool', name);
    const page = await open();
    const { pods: shown, events: log } = await readPage(page);
    expect(Object.values(shown)[0]?.[1]).toContain(name);
    expect(log[0]).toContain(name);
    expect(await page.evaluate('document.body.id + document.querySelectorAll("img").length')).toBe('1');
  });

  it('pods are found, sorted and paged by keys', async () => {
    state = situations['a thousand pods'] as InstanceState;
    const page = await open();
    const addresses = async (): Promise<readonly string[]> => Object.keys((await readPage(page)).pods);
    expect(await addresses()).toHaveLength(25);
    await page.evaluate('document.querySelector("#pod-next").focus()');
    await page.press('Enter');
    await eventually(async () => expect((await addresses())[0]).toBe('10.0.0.34:8000'));
    await page.evaluate(`(() => {
      const filter = document.querySelector('#pod-filter');
      filter.value = '10.0.4.21';
      filter.dispatchEvent(new Event('input'));
    })()`);
    await eventually(async () => expect((await addresses())[0]).toBe('10.0.4.21:8000'));
  });

  it('when the instance goes, it says so, and goes on when there is one again', async () => {
    const page = await open();
    const { address } = admin;
    await admin.stop();
    await eventually(async () => {
      expect((await readPage(page)).headline).toBe('This instance does not answer');
    });
    await page.screenshot(join(pictures, 'no-answer.png'));
    admin = await startAdmin({ ...sourcesOf(() => state), events, address, allowedHosts: [] });
    await eventually(async () => expect((await readPage(page)).connection).toBe('live'));
    expect((await readPage(page)).headline).toMatch(/^All well/);
  });

  it('when a draining instance goes, that is no alarm', async () => {
    state = situations['a draining instance'] as InstanceState;
    const page = await open();
    await admin.stop();
    await eventually(async () => {
      const headline = 'This instance was draining, and has gone';
      expect(await readPage(page)).toMatchObject({ headline, level: 'notice' });
    });
  });
});

describe('for an operator', () => {
  const token = 'a-token-of-an-operator';
  let requests: OperatorRequest[];
  let page: BrowserPage;

  const text = (id: string): Promise<string> =>
    page.evaluate<string>(`document.querySelector('#${id}').textContent`);
  const isShown = (id: string): Promise<boolean> =>
    page.evaluate<boolean>(`document.querySelector('#${id}').checkVisibility()`);
  const fill = (id: string, value: string): Promise<void> =>
    page.evaluate(`document.querySelector('#${id}').value = ${JSON.stringify(value)}`);
  const click = (selector: string): Promise<void> =>
    page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);

  /** The page of an instance that takes the token. */
  async function openWithToken(): Promise<void> {
    requests = [];
    const { address } = admin;
    await admin.stop();
    admin = await startAdmin({
      ...sourcesOf(() => state),
      events,
      operator: {
        tokens: new TokenCheck(
          () => token,
          () => performance.now(),
        ),
        settings: () => ({ 'scheduling.policy': 'least-request', 'sync.writesPerSecond': 500 }),
        carryOut: async (request) => {
          requests.push(request);
          return 'it is done';
        },
        onRefused: () => {},
      },
      address,
      allowedHosts: [],
    });
    page = await open();
  }

  it('there is nothing where no token is configured', async () => {
    page = await open();
    expect(await isShown('operator')).toBe(false);
  });

  it('what can be changed is shown after the right token was given, and no longer', async () => {
    await openWithToken();
    expect([await isShown('operator'), await isShown('operator-controls')]).toEqual([true, false]);
    await fill('operator-token', 'not-the-token-of-anyone');
    await click('#operator-token-form button');
    await eventually(async () =>
      expect(await text('operator-answer')).toMatch(/^Refused: the token is wrong/),
    );
    expect(await isShown('operator-controls')).toBe(false);
    await fill('operator-token', token);
    await click('#operator-token-form button');
    await eventually(() => isShown('operator-controls'));
    expect(await page.evaluate('document.querySelector("#operator-token").value')).toBe('');
    await page.screenshot(join(pictures, 'operator.png'));
    await click('#operator-forget');
    expect(await isShown('operator-controls')).toBe(false);
  });

  it('each button asks for its action, once a name and a reason are given', async () => {
    await openWithToken();
    await fill('operator-token', token);
    await click('#operator-token-form button');
    await eventually(() => isShown('operator-controls'));
    const expected: OperatorRequest['action'][] = [
      { kind: 'upgrade/pin', generation: 12 },
      { kind: 'upgrade/release' },
      { kind: 'upgrade/rollback' },
      { kind: 'dynamic/set', settings: new Map([['scheduling.policy', 'random']]) },
      { kind: 'dynamic/unset', names: ['scheduling.policy'] },
      { kind: 'dynamic/clear' },
      { kind: 'drain' },
    ];
    for (const { kind } of expected) await click(`#operator [data-action="${kind}"]`);
    await fill('operator-name', 'ana');
    await fill('operator-value', 'random');
    for (const [nth, { kind }] of expected.entries()) {
      await fill('operator-reason', `reason ${nth}`);
      await click(`#operator [data-action="${kind}"]`);
      await eventually(() => requests.length === nth + 1);
      await eventually(async () => {
        expect(await page.evaluate('document.querySelector("#operator-reason").value')).toBe('');
      });
    }
    expect(await text('operator-answer')).toBe('Done: it is done');
    expect(requests).toEqual(
      expected.map((action, nth) => {
        return { action, operator: 'ana', reason: `reason ${nth}`, remoteAddress: '127.0.0.1' };
      }),
    );
  });
});
