import type { Baton } from '../../../tools/testbed/baton.ts';
import { eventually } from '../../support/eventually.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { fullDiskEnvironment, useFaultyProcesses } from '../../support/faultyProcesses.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { envoyRoutesTo, useTopology } from '../../support/topology.ts';
import { allHaveJoined, hasPeers, regrantsOf } from '../../support/views.ts';

/** Faults inside a process: its clock, its event loop, a full disk for its log. */
checkForLeaks();

const probe = { timeoutMs: 5_000 };

describe('with an instance whose clock and event loop can be made to fail', () => {
  const { env, injectFault } = useFaultyProcesses();
  const topology = useTopology({
    // Longer than the pauses of a slow machine. It is kept alive every third of it, within the
    // test.
    baton: { etcd: { leaseTtlSeconds: 9 }, pool: { probe } },
    env,
    podFlags: shortStreams,
  });
  const both = () => topology().instances as [Baton, Baton];

  it.each([
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ])(
    'loses no request and no lease when its clock jumps an hour %s',
    async (direction, ms) => {
      const [a, b] = both();
      const regrants = await regrantsOf(a);
      await noClientNotices(topology(), `clock an hour ${direction}`, async ({ allServedAgain }) => {
        await injectFault(a, { kind: 'clock', ms });
        for (let nth = 0; nth < 3; nth++) await allServedAgain();
        await allHaveJoined([a, b]);
        expect(await regrantsOf(a)).toBe(regrants);
      });
    },
    120_000,
  );

  it('loses no request while its event loop is blocked for 3 s, and joins again after its lease', async () => {
    const [a, b] = both();
    await a.stopCleanly();
    await a.start({ etcd: { leaseTtlSeconds: 2 } });
    await envoyRoutesTo(topology(), [a, b]);
    await noClientNotices(topology(), 'event loop blocked for 3 s', async ({ allServedAgain, measure }) => {
      const regrants = await regrantsOf(a);
      const isOver = injectFault(a, { kind: 'block', ms: 3_000 });
      await measure('counts dropped', hasPeers(b, 0));
      await isOver;
      const hasRejoined = async () => expect(await regrantsOf(a)).toBeGreaterThan(regrants);
      await measure('joined again', eventually(hasRejoined, { timeoutMs: 30_000 }));
      await allHaveJoined([a, b]);
      await measure('in use again', envoyRoutesTo(topology(), [a, b]));
      await allServedAgain();
    });
  }, 120_000);
});

describe('with instances whose log is on a full disk', () => {
  const topology = useTopology({
    baton: { pool: { probe }, telemetry: { logLevel: 'debug' }, drain: { noticeMs: 100, quietMs: 100 } },
    env: fullDiskEnvironment,
    podFlags: shortStreams,
  });

  it('loses log lines but no request, and exits cleanly', async () => {
    const [a, b] = topology().instances as [Baton, Baton];
    await noClientNotices(topology(), 'disk full for logs', async ({ allServedAgain }) => {
      await allServedAgain();
      expect((await a.state()).firstDecision).not.toBeNull();
      expect((await b.state()).firstDecision).not.toBeNull();
    });
    for (const instance of [a, b]) {
      const { output } = instance.process;
      await instance.stopCleanly();
      expect(output.lines()).toEqual([]);
    }
  }, 120_000);
});
