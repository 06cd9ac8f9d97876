import { clientsMayNotice, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { useTopology } from '../../support/topology.ts';

/** More pods leave at once than a decision names. */
checkForLeaks();

/**
 * A request that Envoy sent on an idle connection in the moment in which the pod closed it. The pod
 * may have begun it, so nothing may send it again: it belongs to the pod's shutdown, not to
 * scheduling. Seen for 1 of some 150 requests in one of several runs.
 */
const sentIntoClosingConnection = /reset reason: connection termination/;

describe('when three of five pods are stopped at once', () => {
  const topology = useTopology({ pods: 5, podFlags: { ...shortStreams, slots: 256 } });

  it('cuts nothing, and what the pods refuse goes to the others', async () => {
    const leaving = topology().pods.slice(2);
    const report = await clientsMayNotice(topology(), 'scale in from 5 to 2', async ({ allServedAgain }) => {
      await Promise.all(leaving.map((pod) => pod.stop()));
      await allServedAgain();
    });
    expect(report.cut).toBe(0);
    expect(report.problems.filter((problem) => !sentIntoClosingConnection.test(problem))).toEqual([]);
  }, 60_000);
});
