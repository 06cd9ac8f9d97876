import { Agent } from 'node:http';
import type { Pod } from '../../tools/testbed/pod.ts';
import { sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import { eventually } from './eventually.ts';

/** The slots of a pod, unless its flags change them. */
const slotsOfPod = 8;

/**
 * Fills every slot of the pods directly, so that requests through Envoy stay in flight until the
 * slots are free again: this is how a test holds streams open.
 *
 * @returns frees the slots
 */
export async function fillSlots(pods: readonly Pod[]): Promise<() => Promise<void>> {
  const agent = new Agent();
  const leave = new AbortController();
  const hung = pods.flatMap((pod) =>
    Array.from({ length: slotsOfPod }, () =>
      sendSseRequest({
        url: `http://${pod.address}/v1/chat/completions`,
        agent,
        headers: { 'x-podsim-fault': 'hang' },
        timeoutMs: 600_000,
        signal: leave.signal,
      }),
    ),
  );
  const giveBack = async () => {
    leave.abort();
    await Promise.all(hung);
    agent.destroy();
  };
  try {
    await eventually(async () => {
      for (const pod of pods) expect((await pod.state()).running).toBe(slotsOfPod);
    });
  } catch (error) {
    await giveBack();
    throw error;
  }
  return giveBack;
}

/** Number of requests that wait for a slot, in all pods. */
export async function waitingInPods(pods: readonly Pod[]): Promise<number> {
  const states = await Promise.all(pods.map((pod) => pod.state()));
  return states.reduce((sum, { waiting }) => sum + waiting, 0);
}
