import { Agent } from 'node:http';
import { sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { allCountsReturnToZero, viewOf } from './counts.ts';
import { eventually } from './eventually.ts';

/** More than there are instances, so that each of them decides on some. */
const heldStreams = 9;

/**
 * With nothing else in flight: opens some streams, waits until all running instances have the same
 * view with exactly those streams, closes them, and waits until all counts are zero.
 */
export async function allViewsAreEqual(topology: Topology): Promise<void> {
  const instances = topology.instances.filter(({ process }) => process.running);
  const running = { ...topology, instances };
  await allCountsReturnToZero(running);
  const agent = new Agent();
  const cancel = new AbortController();
  const headers = { 'x-podsim-fault': 'hang' };
  const streams = Array.from({ length: heldStreams }, () =>
    sendSseRequest({ url: topology.chatUrl, agent, headers, signal: cancel.signal, timeoutMs: 600_000 }),
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
    cancel.abort();
    await Promise.all(streams);
    agent.destroy();
  }
  await allCountsReturnToZero(running);
}
