import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { useTopology } from '../../support/topology.ts';

/** More pods leave at once than a decision names. */
checkForLeaks();

describe('when three of five pods are stopped at once', () => {
  const topology = useTopology({ pods: 5, podFlags: { ...shortStreams, slots: 256 } });

  it('loses no request: they finish what they have, and what they refuse goes to the others', async () => {
    const leaving = topology().pods.slice(2);
    await noClientNotices(topology(), 'scale in from 5 to 2', async ({ allServedAgain }) => {
      await Promise.all(leaving.map((pod) => pod.stop()));
      await allServedAgain();
    });
  }, 60_000);
});
