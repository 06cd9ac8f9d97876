import type { MeasuredAttack } from './measuredAttack.ts';

/** What an attack may do at most. */
export const bounds = {
  /** `message_timeout` of the shipped Envoy files: a later reply is none for Envoy. */
  latencyMs: 250,
  /** Work in one turn of the event loop: what others of the machine take is not its own. */
  stallMs: 200,
  /** The default of `limits.bufferBytes`, in MiB. */
  budgetMiB: 128,
} as const;

/** Its own connections, to etcd and of probes to pods, come and go. */
export const ownDescriptors = 3;

export type Bound = 'counts' | 'figures';

/**
 * What did not hold, in words; empty when everything did.
 *
 * @param bound `counts` leaves out times and memory, which depend on the machine
 */
export function problemsOf(measured: MeasuredAttack, bound: Bound): string[] {
  const { neighbour, attacker, broken, descriptors, memory, stall } = measured;
  const { failed, heldLost, connectionsLost, failures, served, maxMs } = neighbour;
  const mostMiB = 2 * memory.before + bounds.budgetMiB;
  const problems: (string | false)[] = [
    broken !== '' && broken,
    attacker.problem !== '' && attacker.problem,
    served === 0 && 'no request of the neighbour was served',
    failed + heldLost > 0 &&
      `${failed} requests and ${heldLost} held exchanges failed: ${failures.join(', ')}`,
    connectionsLost > 0 && `${connectionsLost} connections of the neighbour were lost`,
    descriptors.after > descriptors.before + ownDescriptors &&
      `${descriptors.after} descriptors are open, ${descriptors.before} were`,
  ];
  if (bound === 'figures') {
    problems.push(
      maxMs >= bounds.latencyMs && `a reply took ${ms(maxMs)} ms, ${bounds.latencyMs} is Envoy's limit`,
      stall.cpuMs > bounds.stallMs && `the event loop worked for ${ms(stall.cpuMs)} ms in one turn`,
      memory.most > mostMiB && `${mib(memory.most)} MiB of memory, at most ${mib(mostMiB)} expected`,
    );
  }
  return problems.filter((problem) => problem !== false);
}

export const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
export const mib = (value: number): string => value.toFixed(0);
