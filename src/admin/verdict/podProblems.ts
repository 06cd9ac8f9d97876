import type { InstanceState } from '../state.ts';
import type { PodSummary, SickPod } from './podSummary.ts';
import { type FleetProblem, plural } from './problem.ts';

/** What is wrong with the pods, the worst first. */
export function podProblems(
  { panic, instance }: Omit<InstanceState, 'pool'>,
  { pods, ready, sick, sickCount }: PodSummary,
): FleetProblem[] {
  if (pods === 0) return [bad('The pool is empty: requests are answered with 503')];
  const named = sick.map(problemOf);
  const more = sickCount - sick.length;
  if (more > 0) named.push({ level: 'warning', text: `${plural(more, 'more pod')} are sick` });
  if (ready === 0 || instance.withoutEndpoints)
    return [bad(`None of ${plural(pods, 'pod')} is ready: requests are answered with 503`), ...named];
  if (panic === null) return named;
  const inUse = `${panic.inUse} are in use all the same`;
  return [
    bad(`Only ${panic.passing} of ${plural(panic.endpoints, 'pod')} pass their probes: ${inUse}`),
    ...named,
  ];
}

function problemOf({ address, why, isUsed }: SickPod): FleetProblem {
  const text = `Pod ${address} ${isBeing(why)}${why}`;
  return isUsed && !why.startsWith('on trial')
    ? bad(`${text}, and gets requests all the same`)
    : { level: 'warning', text };
}

/** `is quarantined`, `fails its probes`. */
function isBeing(why: string): string {
  return why.startsWith('fails') ? '' : 'is ';
}

function bad(text: string): FleetProblem {
  return { level: 'bad', text };
}
