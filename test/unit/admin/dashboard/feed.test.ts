import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Feed } from '../../../../src/admin/dashboard/feed.ts';
import { EventLog } from '../../../../src/admin/eventLog.ts';
import { type Admin, startAdmin } from '../../../../src/admin/server.ts';
import type { EndpointReport, InstanceState } from '../../../../src/admin/state.ts';
import { TurnQueue } from '../../../../src/admin/turnQueue.ts';
import { systemClock } from '../../../../src/clock.ts';
import { eventually } from '../../../support/eventually.ts';
import { FeedReader } from '../../../support/feedReader.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import { ManualClock } from '../../../support/manualClock.ts';
import { sendHttp } from '../../../support/sendHttp.ts';
import { quietSources, sampleState } from '../sampleState.ts';

checkForLeaks();

const [pod] = sampleState.pool as [EndpointReport];

describe('the feed of the dashboard', () => {
  let state: InstanceState;
  let events: EventLog;
  let admin: Admin;
  let readers: FeedReader[];
  beforeEach(async () => {
    state = sampleState;
    events = new EventLog({ now: () => new Date(0) });
    readers = [];
    admin = await startAdmin({
      ...quietSources,
      state: () => state,
      events,
      countsByInstance: () => [
        ['baton-2', new Map([['10.0.0.2:8000', 2]])],
        ['baton-1', new Map([['10.0.0.2:8000', 4]])],
      ],
      address: '127.0.0.1:0',
      allowedHosts: [],
    });
  });
  afterEach(async () => {
    for (const reader of readers) reader.close();
    await admin.stop();
  });

  const open = async (): Promise<FeedReader> => {
    const reader = await FeedReader.open(`http://${admin.address}/dashboard/feed`);
    readers.push(reader);
    return reader;
  };
  /** The state that a reader has put together. */
  const shown = (reader: FeedReader): unknown => ({
    ...reader.messages.at(-1)?.state,
    pool: [...reader.rows.values()].map(({ by, ...row }) => row),
  });
  const stored = async (): Promise<InstanceState> =>
    JSON.parse((await sendHttp(`http://${admin.address}/state`)).text);

  it('begins with all of /state, a verdict, and what each instance has in flight', async () => {
    events.add('phase', 'starting → ready');
    const reader = await open();
    const message = await reader.next();
    expect(reader.contentType).toBe('text/event-stream; charset=utf-8');
    expect(message).toMatchObject({ kind: 'full', columns: ['baton-2', 'baton-1'], events: events.list() });
    expect(message.page).toMatch(/^[\w-]{16}$/);
    expect(message.verdict.headline).toContain('10.0.0.10:8000 is quarantined');
    expect(reader.rows.get('10.0.0.2:8000')?.by).toEqual([2, 4]);
    expect(shown(reader)).toEqual(await stored());
  });

  it('goes on with what has changed, and stays equal to /state', async () => {
    const reader = await open();
    await reader.next();
    const added = { ...pod, address: '10.0.0.11:8000' };
    state = { ...state, streams: { open: 9, assumed: 0 }, pool: [{ ...pod, local: 8 }, added] };
    events.add('pool', 'no endpoint is ready');
    await eventually(async () => expect(shown(reader)).toEqual(await stored()));
    const [, ...changes] = reader.messages;
    const rows = changes.flatMap((message) => message.rows.map(({ address }) => address));
    expect(rows).toEqual(['10.0.0.2:8000', '10.0.0.11:8000']);
    expect(changes.flatMap(({ gone }) => gone)).toEqual(['10.0.0.10:8000']);
    expect(changes.flatMap((message) => message.events)).toEqual(events.list());
  });

  it('is given to 16 watchers, and again when one leaves', async () => {
    for (let nth = 0; nth < 16; nth += 1) await open();
    await expect(open()).rejects.toThrow('503');
    readers[3]?.close();
    await eventually(async () => (await open()) !== undefined);
  });

  it('is closed to pages of elsewhere, and to HEAD', async () => {
    const url = `http://${admin.address}/dashboard/feed`;
    expect((await sendHttp(url, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await sendHttp(url, { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404);
  });

  it('ends when the admin port is closed', async () => {
    const reader = await open();
    await reader.next();
    await admin.stop();
    await eventually(() => reader.isClosed);
  });

  it('ends when the state cannot be read, and the port goes on', async () => {
    const reader = await open();
    await reader.next();
    const good = state;
    state = Object.defineProperty({ ...good }, 'pool', {
      get: () => {
        throw new RangeError('Invalid time value');
      },
    });
    await eventually(() => reader.isClosed);
    state = good;
    expect((await open()).isClosed).toBe(false);
    expect((await sendHttp(`http://${admin.address}/state`)).status).toBe(200);
  });
});

const page = async (): Promise<string> => 'v1';

/** Serves a feed on a port of its own, with what it writes to. */
async function serve(
  feed: Feed,
): Promise<{ readonly url: string; readonly responses: readonly ServerResponse[]; stop(): Promise<void> }> {
  const responses: ServerResponse[] = [];
  const server: Server = createServer((_, response) => {
    responses.push(response);
    feed.add(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    responses,
    async stop() {
      feed.stop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it('reads once for all watchers, nothing for none, and leaves no timer', async () => {
  const clock = new ManualClock();
  let readings = 0;
  const state = (): InstanceState => {
    readings += 1;
    return sampleState;
  };
  const turns = new TurnQueue();
  const feed = new Feed({
    state,
    events: { list: () => [] },
    countsByInstance: () => [],
    hasOperator: false,
    page,
    turns,
    clock,
  });
  const { url, stop } = await serve(feed);
  const readers = [await FeedReader.open(url), await FeedReader.open(url), await FeedReader.open(url)];
  const allHave = (messages: number) => (): boolean =>
    readers.every((reader) => reader.messages.length === messages);
  clock.advance(0);
  await eventually(allHave(1));
  await eventually(() => clock.pendingTimers === 1);
  clock.advance(1_000);
  await eventually(allHave(2));
  expect(readings).toBe(2);

  for (const reader of readers) reader.close();
  await eventually(() => feed.watchers === 0);
  expect(clock.pendingTimers).toBe(0);
  clock.advance(60_000);
  expect(readings).toBe(2);
  await stop();
});

describe('a watcher that does not read', () => {
  const size = 20_000;
  let nth = 0;
  const feed = new Feed({
    state: () => {
      nth += 1;
      const pool = Array.from({ length: size }, (_, index) => {
        return { ...pod, address: `10.0.0.1:${index}`, local: nth };
      });
      return { ...sampleState, pool };
    },
    events: { list: () => [] },
    countsByInstance: () => [],
    hasOperator: false,
    page,
    turns: new TurnQueue(),
    clock: systemClock,
  });

  it('holds one message, holds up no other, and gets the whole state when it reads again', async () => {
    const { url, responses, stop } = await serve(feed);
    const [slow, quick] = [await FeedReader.open(url), await FeedReader.open(url)];
    try {
      slow.pause();
      const [held] = responses as [ServerResponse];
      // The sockets' buffers take some messages first.
      await eventually(async () => {
        const before = held.writableLength;
        await quick.next();
        await quick.next();
        return before > 0 && held.writableLength === before;
      });
      expect(slow.messages.filter(({ kind }) => kind === 'full').length).toBeLessThan(2);
      slow.resume();
      await eventually(() => slow.messages.filter(({ kind }) => kind === 'full').length === 2);
      expect(quick.messages.slice(1).every(({ kind }) => kind === 'change')).toBe(true);
    } finally {
      slow.close();
      quick.close();
      await eventually(() => feed.watchers === 0);
      await stop();
    }
  });
});
