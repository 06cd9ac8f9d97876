import { join } from 'node:path';
import type { Baton } from '../../tools/testbed/baton.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { namedHeader, showPick, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { type HttpExchangeResult, sendHttp } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';

/** A dead instance that Envoy still treats as healthy: only the retry on another instance helps. */
checkForLeaks();

const requests = 20;
const poisonedBaton = join(import.meta.dirname, '..', 'support', 'poisonedBaton.ts');
const command = [process.execPath, poisonedBaton, 'serve', '--config', '{config}'];

describe('with an Envoy without health checks', () => {
  const topology = useTopology({
    etcd: false,
    amendEnvoy: (bootstrap) => {
      disableHealthChecks(bootstrap);
      showPick(bootstrap);
      waitForDecisions(bootstrap);
    },
  });
  const both = () => topology().instances as [Baton, Baton];

  afterEach(async () => {
    for (const instance of both()) if (!instance.process.running) await instance.start();
  });

  it('decides every request on the other instance when one is killed', async () => {
    const [a] = both();
    await a.kill();
    allDecided(await Promise.all(sendAll()));
    expect(await retried()).toBeGreaterThan(0);
  });

  it('decides requests again that the killed instance had accepted', async () => {
    const [a] = both();
    const streamsBefore = await streamsOf(a);
    const retriedBefore = await retried();
    a.process.pause();
    const answers = Promise.all(sendAll());
    // About half of them go to this instance.
    await eventually(async () => expect((await streamsOf(a)) - streamsBefore).toBeGreaterThan(requests / 4));
    expect(await retried()).toBe(retriedBefore);
    await a.kill();
    allDecided(await answers);
    expect(await retried()).toBeGreaterThan(retriedBefore);
  });

  const sendAll = () =>
    Array.from({ length: requests }, () => sendHttp(`${topology().envoy.url}/podsim/headers`));
  const retried = () => topology().envoy.stat('cluster.scheduler.upstream_rq_retry_success');
  const streamsOf = async ({ address }: Baton) =>
    (await topology().envoy.requestsByHost('scheduler')).get(address) ?? 0;
});

describe('with three instances that a request can end', () => {
  const topology = useTopology({
    instances: 3,
    etcd: false,
    amendEnvoy: (bootstrap) => {
      showPick(bootstrap);
      waitForDecisions(bootstrap);
    },
    release: { release: '1.0.0', generation: 1, command },
  });

  it('does not send it to all of them', async () => {
    const { chatUrl, instances } = topology();
    const send = (headers = {}) => sendHttp(chatUrl, { headers, body: { messages: [], max_tokens: 1 } });
    // Without a decision Envoy chooses the pod.
    expect((await send({ 'routing-strategy': 'random' })).status).toBe(200);
    const alive = () => instances.filter(({ process }) => process.running).length;
    await eventually(() => expect(alive()).toBeLessThan(3));
    // The one that is left decides.
    await eventually(async () => allDecided([await send()]), { timeoutMs: 30_000 });
    expect(alive()).toBe(1);
  });
});

function disableHealthChecks({ static_resources: { clusters } }: EnvoyBootstrap): void {
  const scheduler = clusters.find(({ name }) => name === 'scheduler');
  if (!scheduler) throw new Error('the Envoy configuration has no cluster "scheduler"');
  scheduler.health_checks = [];
  delete scheduler.outlier_detection;
}

function allDecided(answers: readonly HttpExchangeResult[]): void {
  for (const { status, headers } of answers) {
    expect(status).toBe(200);
    expect(headers[namedHeader]).toMatch(/^127\.0\.0\.1:\d+/);
  }
}
