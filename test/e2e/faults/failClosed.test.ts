import type { Baton } from '../../../tools/testbed/baton.ts';
import type { SseReport } from '../../../tools/testbed/sseCounter.ts';
import { drainsCleanly } from '../../support/drainsCleanly.ts';
import { eventually } from '../../support/eventually.ts';
import { clientsMayNotice, noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { slowHealthChecks } from '../../support/slowHealthChecks.ts';
import { envoyRoutesTo, restartEnded, useTopology } from '../../support/topology.ts';

/** What stopped instances cost clients with fail-closed.yaml. */
checkForLeaks();

/** Only requests without a decision may fail. */
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

  afterEach(() => restartEnded(topology(), three()));

  it('loses no request at SIGTERM of each in turn', async () => {
    await noClientNotices(topology(), 'fail-closed, SIGTERM of each of three in turn', async (observed) => {
      for (const instance of three()) {
        await drainsCleanly(instance);
        await instance.start();
        await envoyRoutesTo(topology(), three());
      }
      await observed.allServedAgain();
    });
  }, 180_000);

  it('loses at kill -9 of two at most the requests that were undecided', async () => {
    const [a, b, c] = three();
    const report = await clientsMayNotice(topology(), 'fail-closed, kill -9 of two', async (observed) => {
      const { allServedAgain, measure } = observed;
      await Promise.all([b.kill(), c.kill()]);
      await measure('excluded by Envoy', envoyRoutesTo(topology(), [a]));
      await allServedAgain();
    });
    lostOnlyUndecided(report);
    // Envoy retries once. At worst each instance was writing one reply, and some requests meet one
    // after the other, until Envoy excludes both: each after two requests.
    expect(report.failed).toBeLessThanOrEqual(6);
  }, 180_000);

  it('loses at kill -9 of all only requests that arrive before one is ready', async () => {
    const [a, ...others] = three();
    const report = await clientsMayNotice(topology(), 'fail-closed, kill -9 of all', async (observed) => {
      const { allServedAgain, reportSoFar, measure } = observed;
      await Promise.all([a, ...others].map((instance) => instance.kill()));
      // An instance may be ready before the next client sends a request.
      await eventually(() => expect(reportSoFar().failed).toBeGreaterThan(0));
      await measure('one is ready', a.start());
      await measure('in use again', envoyRoutesTo(topology(), [a]));
      await allServedAgain();
    });
    lostOnlyUndecided(report);
    expect(report.failed).toBeGreaterThan(0);
  }, 180_000);
});
