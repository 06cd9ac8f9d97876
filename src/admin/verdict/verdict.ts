import type { InstanceState } from '../state.ts';
import { instanceProblems } from './instanceProblems.ts';
import { podProblems } from './podProblems.ts';
import type { PodSummary } from './podSummary.ts';
import { type FleetProblem, type Level, levels, plural } from './problem.ts';
import { type Serving, serving } from './serving.ts';
import { storeProblems } from './storeProblems.ts';

/** Is everything well, which release serves, which pods are sick: for people, in one look. */
export interface FleetVerdict {
  readonly level: Level;
  /** One line. */
  readonly headline: string;
  /** What the headline does not have room for, the worst first. */
  readonly problems: readonly FleetProblem[];
  readonly serving: Serving;
  readonly pods: PodSummary;
}

/** Judges one instance's state, pure. */
export function verdictOf(state: Omit<InstanceState, 'pool'>, pods: PodSummary): FleetVerdict {
  const served = serving(state);
  const problems = [...podProblems(state, pods), ...storeProblems(state), ...instanceProblems(state, served)]
    // Stable: among alike, the order of the lists above.
    .sort((a, b) => levels.indexOf(b.level) - levels.indexOf(a.level));
  const [worst] = problems;
  return {
    level: worst?.level ?? 'good',
    headline: worst === undefined ? allWell(served, pods) : headlineOf(worst),
    problems: problems.slice(1),
    serving: served,
    pods,
  };
}

function headlineOf({ level, text }: FleetProblem): string {
  return level === 'notice' ? `Well. ${text}` : text;
}

function allWell({ releases, instances }: Serving, { pods }: PodSummary): string {
  const fleet = `${plural(instances, 'instance')} on release ${releases.join(', ')}`;
  return `All well: ${fleet}, ${plural(pods, 'pod')}, 0 quarantined`;
}
