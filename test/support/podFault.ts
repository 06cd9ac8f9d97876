import type { Pod } from '../../tools/testbed/pod.ts';
import { sendHttp } from './sendHttp.ts';

/**
 * Sets the fault of a simulated pod, or removes it with `{ kind: 'none' }`; `podsim --help` lists
 * the faults.
 */
export async function setFault(
  pod: Pod,
  fault: { readonly kind: string; readonly [field: string]: unknown },
): Promise<void> {
  const { status, text } = await sendHttp(`http://${pod.address}/podsim/fault`, { body: fault });
  if (status !== 200) throw new Error(`${pod.id} refused the fault: ${text}`);
}
