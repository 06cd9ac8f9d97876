import type { Baton } from '../../../tools/testbed/baton.ts';
import type { SseReport } from '../../../tools/testbed/sseCounter.ts';
import { endsCleanly } from '../../support/cleanEnd.ts';
import { eventually } from '../../support/eventually.ts';
import { clientsMayNotice, noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { slowHealthChecks } from '../../support/slowHealthChecks.ts';
import { envoyAsks, useTopology } from '../../support/topology.ts';

/** What the end of instances costs clients where no decision means no pod. */
checkForLeaks();

/** Nothing but requests that no instance had decided on. */
function lostOnlyUndecided({ cut, problems }: SseReport): void {
  expect(cut).toBe(0);
  for (const problem of problems) expect(problem).toMatch(/ status 503: .*"no_scheduler"/);
}

describe('with fail-closed.yaml and three instances', () => {
  const topology = useTopology({
    instances: 3,
    envoyConfig: 'fail-closed.yaml',
    amendEnvoy: slowHealthChecks,
    baton: { pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: shortStreams,
  });
  const three = () => topology().instances as [Baton, Baton, Baton];

  afterEach(async () => {
    await Promise.all(
      three().map(async (instance) => {
        if (!instance.process.running) await instance.start();
      }),
    );
    await envoyAsks(topology(), three());
  });

  it('loses no request at SIGTERM of each in turn', async () => {
    await noClientNotices(topology(), 'fail-closed, SIGTERM of each of three in turn', async (observed) => {
      for (const instance of three()) {
        await endsCleanly(instance);
        await instance.start();
        await envoyAsks(topology(), three());
      }
      await observed.servedAnew();
    });
  }, 180_000);

  it('loses at kill -9 of two at once no more than was undecided at that moment', async () => {
    const [a, b, c] = three();
    const report = await clientsMayNotice(topology(), 'fail-closed, kill -9 of two', async (observed) => {
      const { servedAnew, took } = observed;
      await Promise.all([b.kill(), c.kill()]);
      await took('left out by Envoy', envoyAsks(topology(), [a]));
      await servedAnew();
    });
    lostOnlyUndecided(report);
    // Others are asked for what is undecided; at worst each was in the middle of one answer.
    expect(report.failed).toBeLessThanOrEqual(2);
  }, 180_000);

  it('loses at kill -9 of all only what comes before one is back', async () => {
    const [a, ...others] = three();
    const report = await clientsMayNotice(topology(), 'fail-closed, kill -9 of all', async (observed) => {
      const { servedAnew, soFar, took } = observed;
      await Promise.all([a, ...others].map((instance) => instance.kill()));
      // An instance may be back sooner than the next of the clients asks.
      await eventually(() => expect(soFar().failed).toBeGreaterThan(0));
      await took('one is back', a.start());
      await took('asked again', envoyAsks(topology(), [a]));
      await servedAnew();
    });
    lostOnlyUndecided(report);
    expect(report.failed).toBeGreaterThan(0);
  }, 180_000);
});
