import { openExchange } from '../../tools/testbed/extProcClient.ts';
import { httpGet } from '../../tools/testbed/httpGet.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { runBaton } from '../support/batonCommand.ts';
import { eventually } from '../support/eventually.ts';
import { HealthChecks } from '../support/healthChecks.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';

checkForLeaks();

const longWait = { timeoutMs: 30_000 };
let cluster: BatonCluster;

beforeEach(async () => {
  cluster = await BatonCluster.start({
    pool: { etcd: true },
    startup: { endpointWaitMs: 1_000 },
    drain: { noticeMs: 0, quietMs: 0 },
    upgrade: { settleMs: 100 },
  });
});
afterEach(() => cluster.stop());

describe('when a pool is scaled to zero', () => {
  it('an instance is ready after startup.endpointWaitMs, rejects requests, and says so', async () => {
    const a = await cluster.instance('a');
    await a.start();
    const [envoy, orchestrator] = await Promise.all(
      ['', 'readiness'].map((service) => runBaton(['probe', '--address', a.address, '--service', service])),
    );
    expect([envoy?.stdout, orchestrator?.stdout]).toEqual(['SERVING\n', 'SERVING\n']);
    const exchange = await openExchange(a.address);
    expect(exchange.pod).toBeUndefined();
    exchange.end();
    expect((await a.state()).instance).toMatchObject({ phase: 'ready', withoutEndpoints: true });
    const { body } = await httpGet(`${a.adminUrl}/metrics`);
    expect(body).toMatch(/^baton_without_endpoints 1$/m);
    expect(logLines(a, 'pool.empty')).toHaveLength(1);

    await cluster.register('10.0.0.1:8000');
    await eventually(async () => expect((await a.state()).instance.withoutEndpoints).toBe(false), longWait);
    const served = await openExchange(a.address);
    expect(served.pod).toBe('10.0.0.1:8000');
    served.end();
  });

  it('a newer generation without endpoints takes no traffic from one that has some', async () => {
    const a = await cluster.instance('a', {
      instance: { generation: 1 },
      pool: { etcd: false, endpoints: ['10.0.0.1:8000'] },
    });
    await a.start();
    const b = await cluster.instance('b', { instance: { generation: 2 } });
    await b.launch();
    const proxy = new HealthChecks([a, b]);
    // Standby: a rollout that waits for readiness goes on.
    await eventually(async () => expect((await b.state()).instance.phase).toBe('standby'), longWait);
    expect((await b.state()).readiness.ready).toBe(true);
    expect((await a.state()).instance.phase).toBe('ready');
    await cluster.register('10.0.0.2:8000');
    try {
      await eventually(async () => {
        expect((await b.state()).instance.phase).toBe('ready');
        expect((await a.state()).instance.phase).toBe('standby');
      }, longWait);
    } finally {
      await proxy.stop();
    }
  });

  it('an instance that cannot read the registered endpoints is not ready: its pool is unknown', async () => {
    await cluster.etcd.stop();
    const a = await cluster.instance('a', { startup: { storeWaitMs: 100, endpointWaitMs: 100 } });
    await a.launch();
    await eventually(async () =>
      expect((await a.state()).readiness).toEqual({
        ready: false,
        reasons: ['the registered endpoints have not been read yet'],
      }),
    );
    await cluster.etcd.restart('kept');
    await eventually(async () => expect((await a.state()).readiness.ready).toBe(true), longWait);
  });
});
