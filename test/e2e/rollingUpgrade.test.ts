import { rollingUpgrade } from '../../tools/testbed/rollingUpgrade.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { StatePoller } from '../../tools/testbed/statePoller.ts';
import { until } from '../../tools/testbed/until.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/** An upgrade in place, one instance after the other, while those of the older generation may stand by. */
checkForLeaks();

describe('when both instances are replaced in turn by a newer generation, and by the older one again', () => {
  const topology = useTopology({
    baton: { upgrade: { settleMs: 1200 } },
    podFlags: { 'ttft-ms': 20, 'token-ms': 20, tokens: 20 },
  });

  it('has somebody who serves at every moment, and no client notices', async () => {
    const { instances, chatUrl } = topology();
    const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients: 10 } });
    const watch = new StatePoller(instances);
    const seen: string[][] = [];
    const look = setInterval(() => {
      seen.push(instances.map(({ name }) => watch.latest(name)?.instance.phase ?? 'down'));
    }, 100);
    void load.start();
    watch.start();
    try {
      await until(() => instances.every(({ name }) => watch.latest(name)?.instance.phase === 'ready'), {
        what: 'both to be seen ready',
      });
      seen.length = 0;
      for (const generation of [2, 1]) {
        const accounts = await rollingUpgrade(
          topology(),
          { release: `${generation}.0.0`, generation },
          watch,
        );
        expect(accounts.map(({ firstDecision }) => firstDecision)).not.toContain(undefined);
      }
    } finally {
      clearInterval(look);
      await watch.stop();
      const { failed, cut, problems } = await load.stop();
      expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
    }
    expect(seen.filter((phases) => !phases.includes('ready') && !phases.includes('draining'))).toEqual([]);
    expect(seen.some((phases) => phases.includes('draining'))).toBe(true);
  }, 120_000);
});
