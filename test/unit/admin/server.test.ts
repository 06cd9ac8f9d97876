import { EventLog } from '../../../src/admin/eventLog.ts';
import { type Admin, type AdminSources, type AskedRequest, startAdmin } from '../../../src/admin/server.ts';
import type { InstanceState, Readiness } from '../../../src/admin/state.ts';
import { hasControlCharacters } from '../../../src/controlCharacters.ts';
import { exitCodes } from '../../../src/errors.ts';
import { quietSources, sampleState } from './sampleState.ts';

describe('the admin port', () => {
  let readiness: Readiness;
  let state: () => InstanceState;
  let metricsText: AdminSources['metricsText'];
  let admin: Admin;
  const events = new EventLog({ now: () => new Date(0) });
  events.add('phase', 'starting → ready');
  const sources: AdminSources = {
    readiness: () => readiness,
    state: () => state(),
    metricsText: (accept) => metricsText(accept),
    events,
    countsByInstance: () => [],
    decisions: (last?: number) => ({ decisions: [], last }),
    explain: ({ headers, ...more }: AskedRequest) =>
      headers.get('x-pool') === 'none' ? undefined : { headers: [...headers], ...more },
    operator: undefined,
  };

  beforeEach(async () => {
    readiness = { ready: true, reasons: [] };
    state = () => sampleState;
    metricsText = async () => ({
      type: 'text/plain; version=0.0.4; charset=utf-8',
      parts: ['# TYPE baton_peers gauge\n', 'baton_peers 1\n'],
    });
    const other = { ...quietSources, state: () => ({ ...sampleState, pools: ['other'] }) };
    const pools = new Map([['other', other]]);
    admin = await startAdmin({ ...sources, pools, address: '127.0.0.1:0', allowedHosts: [] });
  });
  afterEach(() => admin.stop());

  const get = (path: string): Promise<Response> => fetch(`http://${admin.address}${path}`);

  it('returns the port that it listens on', () => {
    expect(admin.address).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
  });

  it('answers /readyz with 200 when the instance is ready', async () => {
    const response = await get('/readyz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ready: true, reasons: [] });
  });

  it('explains a request of the headers, the subset and the body that are given', async () => {
    const query = 'header=X-A:%20b%3Ac&header=routing-strategy:random&subset=10.0.0.1:80&body={}';
    expect(await (await get(`/explain?${query}`)).json()).toEqual({
      headers: [
        ['x-a', 'b:c'],
        ['routing-strategy', 'random'],
      ],
      subset: '10.0.0.1:80',
      body: '{}',
    });
    expect((await get('/explain?header=none')).status).toBe(400);
  });

  it('answers /decisions with all that are kept, or with so many', async () => {
    expect(await (await get('/decisions')).json()).toEqual({ decisions: [] });
    expect(await (await get('/decisions?last=20')).json()).toEqual({ decisions: [], last: 20 });
    expect((await get('/decisions?last=-1')).status).toBe(400);
  });

  it('has each pool below /pools, with a page of its own', async () => {
    expect(await (await get('/pools/other/state')).json()).toMatchObject({ pools: ['other'] });
    expect(await (await get('/state')).json()).toMatchObject({ pools: ['default'] });
    const page = await (await get('/pools/other/')).text();
    const files = [...page.matchAll(/(?:src|href)="([^"/][^"]*)"/g)].map(([, file]) => file);
    expect(files).toContain('dashboard/main.js');
    for (const file of files) expect((await get(`/pools/other/${file}`)).status).toBe(200);
    expect((await get('/pools/none/state')).status).toBe(404);
  });

  it('answers /explain of a request that is for no pool with 404', async () => {
    const explained = await get('/explain?header=x-pool:none');
    expect(explained.status).toBe(404);
    expect(await explained.json()).toEqual({ error: 'no pool of this instance is for such a request' });
  });

  it('answers /readyz with 503 and every reason when it is not', async () => {
    readiness = { ready: false, reasons: ['no lease yet', 'no endpoint is known'] };
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual(readiness);
  });

  it('stays alive in /livez when it is not ready', async () => {
    readiness = { ready: false, reasons: ['draining'] };
    expect((await get('/livez')).status).toBe(200);
  });

  it('answers /readyz and /livez without the state', async () => {
    state = () => {
      throw new RangeError('Invalid time value');
    };
    expect((await get('/state')).status).toBe(500);
    expect([(await get('/readyz')).status, (await get('/livez')).status]).toEqual([200, 200]);
  });

  it('escapes control characters, those that JSON allows as well', async () => {
    const zone = 'a\u009b2Jb\u007f\u202e\u001b[2J';
    state = () => ({ ...sampleState, instance: { ...sampleState.instance, zone } });
    const text = await (await get('/state')).text();
    expect(hasControlCharacters(text)).toBe(false);
    expect(JSON.parse(text)).toEqual(state());
  });

  it('answers /state with the whole state in JSON', async () => {
    const response = await get('/state');
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual(sampleState);
  });

  it('lists the events', async () => {
    expect(await (await get('/events')).json()).toEqual(events.list());
  });

  it("answers /metrics in Prometheus' text format", async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('baton_peers 1');
  });

  it('answers 500 and continues when the metrics cannot be read', async () => {
    metricsText = () => Promise.reject(new Error('no metrics'));
    expect((await get('/metrics')).status).toBe(500);
    expect((await get('/livez')).status).toBe(200);
  });

  it('answers 404 to anything else', async () => {
    expect((await get('/nothing')).status).toBe(404);
  });

  it('allows only reading', async () => {
    expect((await fetch(`http://${admin.address}/state`, { method: 'POST' })).status).toBe(404);
  });

  it('stops with open connections, and only once', async () => {
    await get('/livez');
    await Promise.all([admin.stop(), admin.stop()]);
    await expect(get('/livez')).rejects.toThrow();
  });

  it.each([
    ['is taken', () => admin.address, 'EADDRINUSE'],
    ['cannot be resolved', () => 'no-such-host.invalid:9090', /ENOTFOUND|EAI_AGAIN/],
    ['is of another machine', () => '192.0.2.1:9090', 'EADDRNOTAVAIL'],
  ])('fails with listen-failed, the address and the cause when the address %s', async (_, address, code) => {
    const second = startAdmin({ ...sources, address: address(), allowedHosts: [] });
    await expect(second).rejects.toMatchObject({
      name: 'BatonError',
      code: 'listen-failed',
      exitCode: exitCodes.unavailable,
      message: `the admin port cannot listen on ${address()}`,
      cause: { code: typeof code === 'string' ? code : expect.stringMatching(code) },
    });
  });
});

describe('an IPv6 admin address', () => {
  it('is written in brackets', async () => {
    const admin = await startAdmin({ ...quietSources, address: '[::1]:0', allowedHosts: [] });
    try {
      expect(admin.address).toMatch(/^\[::1\]:[1-9]\d+$/);
      expect((await fetch(`http://${admin.address}/livez`)).status).toBe(200);
    } finally {
      await admin.stop();
    }
  });
});
