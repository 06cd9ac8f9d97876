import type { Baton } from '../../tools/testbed/baton.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { type Asked, ask } from '../support/ask.ts';
import { namedHeader, showPick, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/** An instance that Envoy still asks although it is gone: nothing but the retry is left to make up for it. */
checkForLeaks();

const requests = 20;

describe('with an Envoy that never finds out which instance is gone', () => {
  const topology = useTopology({
    etcd: false,
    amendEnvoy: (bootstrap) => {
      neverFindOut(bootstrap);
      showPick(bootstrap);
      waitForDecisions(bootstrap);
    },
  });
  const both = () => topology().instances as [Baton, Baton];

  afterEach(async () => {
    for (const instance of both()) if (!instance.process.running) await instance.start();
  });

  it('has every request decided by the other when one has been killed', async () => {
    const [a] = both();
    await a.kill();
    allDecided(await Promise.all(asked()));
    expect(await retried()).toBeGreaterThan(0);
  });

  it('has those decided anew that one had taken when it was killed', async () => {
    const [a] = both();
    const askedBefore = await askedOf(a);
    const retriedBefore = await retried();
    a.process.pause();
    const answers = Promise.all(asked());
    // Half of them; one may have gone the other way, after what was asked before.
    await eventually(async () => expect((await askedOf(a)) - askedBefore).toBeGreaterThan(requests / 4));
    expect(await retried()).toBe(retriedBefore);
    await a.kill();
    allDecided(await answers);
    expect(await retried()).toBeGreaterThan(retriedBefore);
  });

  const asked = () => Array.from({ length: requests }, () => ask(`${topology().envoy.url}/podsim/headers`));
  const retried = () => topology().envoy.stat('cluster.scheduler.upstream_rq_retry_success');
  const askedOf = async ({ address }: Baton) =>
    (await topology().envoy.requestsByHost('scheduler')).get(address) ?? 0;
});

function neverFindOut({ static_resources: { clusters } }: EnvoyBootstrap): void {
  const scheduler = clusters.find(({ name }) => name === 'scheduler');
  if (!scheduler) throw new Error('the Envoy configuration has no cluster "scheduler"');
  scheduler.health_checks = [];
  delete scheduler.outlier_detection;
}

function allDecided(answers: readonly Asked[]): void {
  for (const { status, headers } of answers) {
    expect(status).toBe(200);
    expect(headers[namedHeader]).toMatch(/^127\.0\.0\.1:\d+/);
  }
}
