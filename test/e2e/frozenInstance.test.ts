import type { LifeEvent } from '../../src/admin/eventLog.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { httpGetJson } from '../../tools/testbed/httpGet.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/**
 * A process that is stopped for longer than its lease lives and continues: a suspended machine, a
 * debugger.
 */
checkForLeaks();

const longWait = { timeoutMs: 30_000 };

describe('when an instance continues after its lease has expired', () => {
  const topology = useTopology({
    baton: { etcd: { leaseTtlSeconds: 2 } },
    podFlags: { 'ttft-ms': 20, 'token-ms': 20, tokens: 20 },
  });

  it('takes no traffic before it has read the store again, and no client notices', async () => {
    const { instances, chatUrl, envoy } = topology();
    const [a, b] = instances as [Baton, Baton];
    const id = (await a.state()).instance.id;
    const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients: 10 } });
    void load.start();
    try {
      await eventually(() => load.report().ok > 20, longWait);
      process.kill(a.process.pid, 'SIGSTOP');
      await eventually(async () => expect((await b.state()).peers).toEqual([]), longWait);
      await envoy.waitForHealthy('scheduler', [b.address], longWait.timeoutMs);
      process.kill(a.process.pid, 'SIGCONT');

      await envoy.waitForHealthy('scheduler', [a.address, b.address], longWait.timeoutMs);
      await eventually(async () => {
        expect((await b.state()).peers).toMatchObject([{ id, phase: 'ready' }]);
      }, longWait);
      const events = (await httpGetJson(`${a.adminUrl}/events`)) as LifeEvent[];
      // The join makes it ready, and is reported after that.
      const messages = events
        .map(({ message }) => message.replace(/:.*/, ''))
        .filter((message) => message !== 'store joining');
      expect(messages.slice(messages.indexOf('ready → standby'))).toEqual([
        'ready → standby',
        'standby → ready',
        'store joined',
      ]);
      expect((await a.state()).store).toMatchObject({ leaseHeld: true, viewAgeMs: 0, regrants: 1 });
    } finally {
      const { failed, cut, problems } = await load.stop();
      expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
    }
  }, 90_000);
});
