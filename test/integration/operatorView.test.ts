import { batonCommandLine } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { httpGet } from '../../tools/testbed/httpGet.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { runBaton } from '../support/batonCommand.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

checkForLeaks();

let cluster: BatonCluster;
beforeEach(async () => {
  const settings = { pool: { endpoints: ['10.0.0.1:8000'] }, etcd: { leaseTtlSeconds: 2 } };
  cluster = await BatonCluster.start(settings);
});
afterEach(() => cluster.stop());

describe('when an operator looks at the fleet', () => {
  it('a wrong pool name is answered with the pools there are', async () => {
    const a = await cluster.instance('a');
    await a.start();
    await eventually(async () => {
      const { stdout } = await cluster.command('status');
      expect(stdout).toMatch(/^a +ready /m);
    });
    const { exitCode, stderr } = await cluster.command('status', '--set', 'pool.name=defualt');
    expect(exitCode).toBe(1);
    expect(stderr).toBe('baton: pool defualt has no instance and no endpoint; pools in etcd: default\n');
  });

  it('an instance whose etcd is frozen is shown as degraded', async () => {
    const a = await cluster.instance('a');
    await a.start();
    cluster.etcd.process.pause();
    await eventually(
      async () => {
        const { stdout } = await runBaton(['status', '--admin', new URL(a.adminUrl).host]);
        expect(stdout).toMatch(/^a +ready, degraded /m);
      },
      { timeoutMs: 30_000 },
    );
  });

  it('why a pod is out is in the state, the events and a metric', async () => {
    const pod = '127.0.0.1:1';
    const a = await cluster.instance('a', {
      pool: { endpoints: [pod], probe: { enabled: true, intervalMs: 100 } },
      startup: { endpointWaitMs: 0 },
    });
    await a.start();
    const reason = `connect ECONNREFUSED ${pod}`;
    await eventually(async () => {
      expect((await a.state()).pool).toMatchObject([{ address: pod, ready: false, fault: reason }]);
      const { body } = await httpGet(`${a.adminUrl}/events`);
      expect(body).toContain(`${pod} fails its probes: ${reason}`);
    });
    const { body } = await httpGet(`${a.adminUrl}/metrics`);
    expect(body).toMatch(/^baton_endpoint_ready\{endpoint="127\.0\.0\.1:1"\} 0$/m);
  });
});

describe('when an instance listens on [::]', () => {
  it('answers clients of both families', async () => {
    const [port] = (await freePorts(1)) as [number];
    const [command, ...args] = batonCommandLine(
      ...['serve', '--address', `[::]:${port}`, '--admin', 'off', '--endpoint', '127.0.0.1:1'],
      ...['--set', 'pool.probe.enabled=false'],
    );
    const baton = await ChildProcess.start({ name: 'baton', command, args });
    try {
      await baton.waitForLine(/"to":"ready"/);
      for (const host of ['127.0.0.1', '[::1]']) {
        const { stdout } = await runBaton(['probe', '--address', `${host}:${port}`]);
        expect(stdout).toBe('SERVING\n');
      }
    } finally {
      await baton.kill();
    }
  });
});
