import type { Pod } from '../../tools/testbed/pod.ts';
import { ask } from './ask.ts';

/** Lets a simulated pod go wrong, or right again by `{ kind: 'none' }`; `podsim --help` lists the faults. */
export async function setFault(pod: Pod, fault: { readonly kind: string }): Promise<void> {
  const { status, text } = await ask(`http://${pod.address}/podsim/fault`, { body: fault });
  if (status !== 200) throw new Error(`${pod.id} does not take the fault: ${text}`);
}
