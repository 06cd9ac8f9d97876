import type { LifeEvent } from '../../src/admin/eventLog.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { httpGetJson } from '../../tools/testbed/httpGet.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/** A process that is stopped for longer than its lease lives, and goes on: a paused machine, a debugger. */
checkForLeaks();

const patience = { timeoutMs: 30_000 };

describe('when an instance wakes after others have taken it for dead', () => {
  const topology = useTopology({
    baton: { etcd: { leaseTtlSeconds: 2 } },
    podFlags: { 'ttft-ms': 20, 'token-ms': 20, tokens: 20 },
  });

  it('takes no traffic before it has read everything again, and no client notices', async () => {
    const { instances, chatUrl, envoy } = topology();
    const [a, b] = instances as [Baton, Baton];
    const id = (await a.state()).instance.id;
    const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients: 10 } });
    void load.start();
    try {
      await eventually(() => load.report().ok > 20, patience);
      process.kill(a.process.pid, 'SIGSTOP');
      await eventually(async () => expect((await b.state()).peers).toEqual([]), patience);
      await envoy.waitForHealthy('scheduler', [b.address], patience.timeoutMs);
      process.kill(a.process.pid, 'SIGCONT');

      await envoy.waitForHealthy('scheduler', [a.address, b.address], patience.timeoutMs);
      await eventually(async () => {
        expect((await b.state()).peers).toMatchObject([{ id, phase: 'ready' }]);
      }, patience);
      const events = (await httpGetJson(`${a.adminUrl}/events`)) as LifeEvent[];
      // Ready again is what it becomes on being joined, hence their order.
      const told = events
        .map(({ message }) => message.replace(/:.*/, ''))
        .filter((message) => message !== 'store joining');
      expect(told.slice(told.indexOf('ready → standby'))).toEqual([
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
