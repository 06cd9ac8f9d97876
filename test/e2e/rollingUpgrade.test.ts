import { rollingUpgrade } from '../../tools/testbed/rollingUpgrade.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { StatePoller } from '../../tools/testbed/statePoller.ts';
import { until } from '../../tools/testbed/until.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/** A rolling upgrade in place. Instances of the older generation may stand by meanwhile. */
checkForLeaks();

describe('when both instances are replaced in turn by a newer generation, and rolled back', () => {
  const topology = useTopology({
    baton: { upgrade: { settleMs: 1200 } },
    podFlags: { 'ttft-ms': 20, 'token-ms': 20, tokens: 20 },
  });

  it('has a serving instance at every moment, and no client notices', async () => {
    const { instances, chatUrl } = topology();
    const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients: 10 } });
    const poller = new StatePoller(instances);
    const samples: string[][] = [];
    const sampling = setInterval(() => {
      samples.push(instances.map(({ name }) => poller.latest(name)?.instance.phase ?? 'down'));
    }, 100);
    void load.start();
    poller.start();
    try {
      await until(() => instances.every(({ name }) => poller.latest(name)?.instance.phase === 'ready'), {
        what: 'both to be ready',
      });
      samples.length = 0;
      for (const generation of [2, 1]) {
        const accounts = await rollingUpgrade(
          topology(),
          { release: `${generation}.0.0`, generation },
          poller,
        );
        expect(accounts.map(({ firstDecision }) => firstDecision)).not.toContain(undefined);
      }
    } finally {
      clearInterval(sampling);
      await poller.stop();
      const { failed, cut, problems } = await load.stop();
      expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
    }
    expect(samples.filter((phases) => !phases.includes('ready') && !phases.includes('draining'))).toEqual([]);
    expect(samples.some((phases) => phases.includes('draining'))).toBe(true);
  }, 120_000);
});
