import type { Baton } from '../../../tools/testbed/baton.ts';
import { eventually } from '../../support/eventually.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { fullDiskEnvironment, useFaultyProcesses } from '../../support/faultyProcesses.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { envoyAsks, useTopology } from '../../support/topology.ts';
import { knowsPeers, regrantsOf, shareAgain } from '../../support/views.ts';

/** What goes wrong inside a process: its clock, its event loop, the disk under its log. */
checkForLeaks();

const probe = { timeoutMs: 5_000 };

describe('with an instance whose clock and event loop can be made to fail', () => {
  const { env, inflict } = useFaultyProcesses();
  const topology = useTopology({
    // Longer than the pauses of a slow machine, and confirmed (every third of it) within a test.
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
      await noClientNotices(topology(), `clock an hour ${direction}`, async ({ servedAnew }) => {
        await inflict(a, { kind: 'clock', ms });
        for (let nth = 0; nth < 3; nth++) await servedAnew();
        await shareAgain([a, b]);
        expect(await regrantsOf(a)).toBe(regrants);
      });
    },
    120_000,
  );

  it('loses no request while its event loop is blocked for 3 s, and joins anew if that was past its lease', async () => {
    const [a, b] = both();
    await a.stopCleanly();
    await a.start({ etcd: { leaseTtlSeconds: 2 } });
    await envoyAsks(topology(), [a, b]);
    await noClientNotices(topology(), 'event loop blocked for 3 s', async ({ servedAnew, took }) => {
      const regrants = await regrantsOf(a);
      const isOver = inflict(a, { kind: 'block', ms: 3_000 });
      await took('counts gone', knowsPeers(b, 0));
      await isOver;
      const joinedAnew = async () => expect(await regrantsOf(a)).toBeGreaterThan(regrants);
      await took('joined anew', eventually(joinedAnew, { timeoutMs: 30_000 }));
      await shareAgain([a, b]);
      await took('asked again', envoyAsks(topology(), [a, b]));
      await servedAnew();
    });
  }, 120_000);
});

describe('with instances whose log is on a full disk', () => {
  const topology = useTopology({
    baton: { pool: { probe }, telemetry: { logLevel: 'debug' }, drain: { noticeMs: 100, quietMs: 100 } },
    env: fullDiskEnvironment,
    podFlags: shortStreams,
  });

  it('loses no request, only lines, and ends cleanly', async () => {
    const [a, b] = topology().instances as [Baton, Baton];
    await noClientNotices(topology(), 'disk full for logs', async ({ servedAnew }) => {
      await servedAnew();
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
