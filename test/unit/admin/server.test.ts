import { EventLog } from '../../../src/admin/eventLog.ts';
import { type Admin, startAdmin } from '../../../src/admin/server.ts';
import type { InstanceState } from '../../../src/admin/state.ts';
import { sampleState } from './sampleState.ts';

describe('the admin port', () => {
  let state: InstanceState;
  let metricsText: () => Promise<string>;
  let admin: Admin;
  const events = new EventLog({ now: () => new Date(0) });
  events.add('phase', 'starting → ready');

  beforeEach(async () => {
    state = sampleState;
    metricsText = async () => '# TYPE baton_peers gauge\nbaton_peers 1\n';
    const metrics = () => metricsText();
    admin = await startAdmin({ address: '127.0.0.1:0', state: () => state, metricsText: metrics, events });
  });
  afterEach(() => admin.stop());

  const get = (path: string): Promise<Response> => fetch(`http://${admin.address}${path}`);

  it('tells the port that it took', () => {
    expect(admin.address).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
  });

  it('answers /readyz with 200 when the instance is fit', async () => {
    const response = await get('/readyz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ready: true, reasons: [] });
  });

  it('answers /readyz with 503 and every reason when it is not', async () => {
    const readiness = { ready: false, reasons: ['no lease yet', 'no endpoint is known'] };
    state = { ...sampleState, readiness };
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual(readiness);
  });

  it('stays alive in /livez when it is not ready', async () => {
    state = { ...sampleState, readiness: { ready: false, reasons: ['draining'] } };
    expect((await get('/livez')).status).toBe(200);
  });

  it('shows the whole state in JSON', async () => {
    const response = await get('/state');
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual(sampleState);
  });

  it('lists the events', async () => {
    expect(await (await get('/events')).json()).toEqual(events.list());
  });

  it("gives the metrics in Prometheus' text format", async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('baton_peers 1');
  });

  it('answers 500 and goes on when the metrics cannot be read', async () => {
    metricsText = () => Promise.reject(new Error('no metrics'));
    expect((await get('/metrics')).status).toBe(500);
    expect((await get('/livez')).status).toBe(200);
  });

  it('answers 404 to anything else', async () => {
    expect((await get('/nothing')).status).toBe(404);
  });

  it('changes nothing: only reading is allowed', async () => {
    expect((await fetch(`http://${admin.address}/state`, { method: 'POST' })).status).toBe(404);
  });

  it('stops once, however often it is told, and with connections open', async () => {
    await get('/livez');
    await Promise.all([admin.stop(), admin.stop()]);
    await expect(get('/livez')).rejects.toThrow();
  });

  it('says which address is taken when it cannot be opened', async () => {
    const second = startAdmin({ address: admin.address, state: () => state, metricsText, events });
    await expect(second).rejects.toThrow(
      new RegExp(`cannot open the admin port on ${admin.address}: .*EADDRINUSE`),
    );
  });
});

describe('an IPv6 admin address', () => {
  it('is written in brackets', async () => {
    const rest = { state: () => sampleState, metricsText: async () => '', events: { list: () => [] } };
    const admin = await startAdmin({ address: '[::1]:0', ...rest });
    try {
      expect(admin.address).toMatch(/^\[::1\]:[1-9]\d+$/);
      expect((await fetch(`http://${admin.address}/livez`)).status).toBe(200);
    } finally {
      await admin.stop();
    }
  });
});
