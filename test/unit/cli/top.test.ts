import { type Admin, startAdmin } from '../../../src/admin/server.ts';
import type { EndpointReport, InstanceState } from '../../../src/admin/state.ts';
import { topPage } from '../../../src/cli/top/topLines.ts';
import { AdminSource } from '../../../src/cli/top/topSource.ts';
import {
  firstTopState,
  type TopState,
  topKeysOf,
  withKey,
  withReading,
} from '../../../src/cli/top/topState.ts';
import { hasControlCharacters } from '../../../src/controlCharacters.ts';
import { freePort } from '../../../tools/testbed/ports.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { quietSources, sampleState } from '../admin/sampleState.ts';

checkForLeaks();

const [pod] = sampleState.pool as [EndpointReport];
const many = Array.from({ length: 100 }, (_, nth) => ({
  ...pod,
  address: `10.0.0.1:${nth}`,
  view: nth,
  load: nth,
}));

let state: InstanceState;
let admins: Admin[];
beforeEach(() => {
  state = sampleState;
  admins = [];
});
afterEach(() => Promise.all(admins.map((admin) => admin.stop())));

async function open(): Promise<Admin> {
  const options = { ...quietSources, address: '127.0.0.1:0', allowedHosts: [], state: () => state };
  const admin = await startAdmin(options);
  admins.push(admin);
  return admin;
}

async function shown(rows = 40): Promise<TopState & { readonly text: string }> {
  const admin = await open();
  const read = withReading(firstTopState, await new AdminSource([admin.address], 'default').read());
  return { ...read, text: textOf(read, rows) };
}

const textOf = (of: TopState, rows = 40): string =>
  topPage(of, rows)
    .lines.map(({ text }) => text)
    .join('\n');

describe('baton top', () => {
  it('shows the verdict, instances and pods of an instance', async () => {
    const { text } = await shown();
    expect(text).toMatch(/^Pod 10\.0\.0\.10:8000 is quarantined: server-error; fails its probes: HTTP 503$/m);
    expect(text).toMatch(/^baton-1 +draining +1\.0\.0 +1 +7$/m);
    expect(text).toMatch(
      /^10\.0\.0\.10:8000 +no +quarantined: server-error +6 run, 2 wait +63 % +210 ms +reading +9$/m,
    );
  });

  it('asks the next instance when one has gone, and says so when none is left', async () => {
    const gone = `127.0.0.1:${await freePort()}`;
    const admin = await open();
    const source = new AdminSource([gone, admin.address], 'default');
    expect((await source.read()).report.source).toBe(`admin ${admin.address}`);
    // It stays with the one that answers.
    expect((await source.read()).report.source).toBe(`admin ${admin.address}`);
    await admin.stop();
    await expect(source.read()).rejects.toThrow(`no answer from ${gone}, ${admin.address}`);
  });

  it('scrolls, pages and sorts by keys, and never beyond the pods', async () => {
    state = { ...sampleState, pool: many };
    let top: TopState = await shown(30);
    const { podsOnPage } = topPage(top, 30);
    const press = (...inputs: string[]): void => {
      for (const key of inputs.flatMap(topKeysOf)) top = withKey(top, key, podsOnPage);
    };
    const range = (): string | undefined => /pods [^,]*, by [a-z ]*[a-z]/.exec(textOf(top, 30))?.[0];
    expect(range()).toBe(`pods 1–${podsOnPage} of 100, by state`);
    press('\u001b[Bj\u001b[Ax', '\u001b');
    expect(range()).toBe(`pods 2–${podsOnPage + 1} of 100, by state`);
    press(...Array(20).fill('\u001b[6~'));
    expect(range()).toBe(`pods ${101 - podsOnPage}–100 of 100, by state`);
    press('s');
    expect(range()).toBe(`pods 1–${podsOnPage} of 100, by in flight`);
    expect(textOf(top, 30)).toMatch(/^POD.*\n10\.0\.0\.1:99 /m);
    expect(textOf(top, 30).split('\n').length).toBeLessThanOrEqual(30);
  });

  it('counts requests a second from two readings of one life', async () => {
    const first = await shown();
    const reading = { ...(first.reading as NonNullable<TopState['reading']>), atMs: 1_000 };
    const next = {
      ...reading,
      atMs: reading.atMs + 2_000,
      decisions: { id: 'baton-2', routed: 140, refused: 4 },
    };
    const second = withReading({ ...first, reading }, next);
    expect(second.perSecond).toEqual({ routed: 50, refused: 2 });
    expect(textOf(second)).toContain('50 requests/s · 2 refused/s');
    const other = { ...next, atMs: next.atMs + 1_000, decisions: { id: 'baton-1', routed: 9, refused: 0 } };
    expect(withReading(second, other).perSecond).toBeUndefined();
  });

  it('keeps what it has when no one answers, and says why', async () => {
    const text = textOf({ ...(await shown()), failure: 'no answer from 127.0.0.1:9090; trying again' });
    expect(text).toMatch(/^no answer from 127\.0\.0\.1:9090; trying again\n/);
    expect(text).toContain('10.0.0.2:8000');
  });

  it('shows what would act on the terminal', async () => {
    const release = '1\u001b[2J\u009b31m\nbaton-3  ready';
    const address = '10.0.0.9\u001b]0;x\u0007:80';
    state = {
      ...sampleState,
      instance: { ...sampleState.instance, release },
      pool: [{ ...pod, address, ready: false, fault: 'a\u001b[2J' }],
    };
    const { text } = await shown();
    expect(hasControlCharacters(text.replaceAll('\n', ''))).toBe(false);
    expect(text).toContain('1\\u001b[2J');
  });
});
