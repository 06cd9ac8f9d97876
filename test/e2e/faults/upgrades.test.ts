import type { Baton } from '../../../tools/testbed/baton.ts';
import { endsCleanly } from '../../support/cleanEnd.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { envoyAsks, useTopology } from '../../support/topology.ts';
import { shareAgain } from '../../support/views.ts';

/** Upgrades that nobody would plan. Releases of one generation, which share the traffic. */
checkForLeaks();

const old = { instance: { release: '1.0.0' } };
const next = { instance: { release: '2.0.0' } };

describe('with three instances that share etcd', () => {
  const topology = useTopology({
    instances: 3,
    baton: { pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: shortStreams,
  });
  const three = () => topology().instances as [Baton, Baton, Baton];
  const releases = async () =>
    Promise.all(three().map(async (instance) => (await instance.state()).instance.release));

  it('loses no request when two are upgraded at the same moment', async () => {
    const [a, b] = three();
    await noClientNotices(topology(), 'two upgrades at once', async ({ servedAnew, took }) => {
      const upgrade = async (instance: Baton) => {
        await endsCleanly(instance);
        await instance.start(next);
      };
      await took('both upgraded', Promise.all([upgrade(a), upgrade(b)]));
      await took('asked again', envoyAsks(topology(), three()));
      await shareAgain(three());
      await servedAnew();
    });
    expect(await releases()).toEqual(['2.0.0', '2.0.0', '1.0.0']);
  }, 180_000);

  it('loses no request when two are upgraded and rolled back before the new release was ready', async () => {
    const [, b, c] = three();
    await noClientNotices(topology(), 'upgrade and rollback in one second', async ({ servedAnew, took }) => {
      const upgradeAndRollBack = async (instance: Baton) => {
        await endsCleanly(instance);
        await instance.launch({ instance: { release: '3.0.0' } });
        await instance.stop();
        await instance.start(old);
      };
      await took('both rolled back', Promise.all([upgradeAndRollBack(b), upgradeAndRollBack(c)]));
      await took('asked again', envoyAsks(topology(), three()));
      await shareAgain(three());
      await servedAnew();
    });
    expect(await releases()).toEqual(['2.0.0', '1.0.0', '1.0.0']);
  }, 180_000);
});
