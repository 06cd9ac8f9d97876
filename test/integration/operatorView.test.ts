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
});
