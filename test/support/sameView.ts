import { Agent } from 'node:http';
import { sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { allCountsReturnToZero, viewOf } from './counts.ts';
import { eventually } from './eventually.ts';

/** As many as are held; more than the instances, so that each of them decides on some. */
const heldStreams = 9;

/**
 * With nothing else in flight: holds some streams open, waits until every instance that runs has the same view
 * and it holds exactly those, and lets them go until nothing is counted anywhere any more.
 */
export async function allShareOneView(topology: Topology): Promise<void> {
  const instances = topology.instances.filter(({ process }) => process.running);
  const running = { ...topology, instances };
  await allCountsReturnToZero(running);
  const agent = new Agent();
  const leave = new AbortController();
  const headers = { 'x-podsim-fault': 'hang' };
  const held = Array.from({ length: heldStreams }, () =>
    sendSseRequest({ url: topology.chatUrl, agent, headers, signal: leave.signal, timeoutMs: 600_000 }),
  );
  try {
    await eventually(
      async () => {
        const [first, ...others] = await Promise.all(instances.map(viewOf));
        expect(Object.values(first ?? {}).reduce((sum, count) => sum + count, 0)).toBe(heldStreams);
        for (const other of others) expect(other).toEqual(first);
      },
      { timeoutMs: 30_000 },
    );
  } finally {
    leave.abort();
    await Promise.all(held);
    agent.destroy();
  }
  await allCountsReturnToZero(running);
}
