import type { Baton } from '../../../tools/testbed/baton.ts';
import { drainsCleanly } from '../../support/drainsCleanly.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { envoyRoutesTo, useTopology } from '../../support/topology.ts';
import { allHaveJoined } from '../../support/views.ts';

/** Unusual upgrades. All releases have one generation, so they share the traffic. */
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
    await noClientNotices(topology(), 'two upgrades at once', async ({ allServedAgain, measure }) => {
      const upgrade = async (instance: Baton) => {
        await drainsCleanly(instance);
        await instance.start(next);
      };
      await measure('both upgraded', Promise.all([upgrade(a), upgrade(b)]));
      await measure('in use again', envoyRoutesTo(topology(), three()));
      await allHaveJoined(three());
      await allServedAgain();
    });
    expect(await releases()).toEqual(['2.0.0', '2.0.0', '1.0.0']);
  }, 180_000);

  it('loses no request when two are upgraded and rolled back before the new release was ready', async () => {
    const [, b, c] = three();
    await noClientNotices(
      topology(),
      'upgrade and rollback in one second',
      async ({ allServedAgain, measure }) => {
        const upgradeAndRollBack = async (instance: Baton) => {
          await drainsCleanly(instance);
          await instance.launch({ instance: { release: '3.0.0' } });
          await instance.stop();
          await instance.start(old);
        };
        await measure('both rolled back', Promise.all([upgradeAndRollBack(b), upgradeAndRollBack(c)]));
        await measure('in use again', envoyRoutesTo(topology(), three()));
        await allHaveJoined(three());
        await allServedAgain();
      },
    );
    expect(await releases()).toEqual(['2.0.0', '1.0.0', '1.0.0']);
  }, 180_000);
});
