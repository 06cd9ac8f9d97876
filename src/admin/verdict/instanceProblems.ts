import type { InstanceState, PeerReport } from '../state.ts';
import { type FleetProblem, plural } from './problem.ts';
import type { Serving } from './serving.ts';

/** At most so many names in one sentence. */
const mostNamed = 4;

/** What is wrong with instances, or happens to them. */
export function instanceProblems(state: Omit<InstanceState, 'pool'>, served: Serving): FleetProblem[] {
  const { connections, instance, readiness, steering } = state;
  const problems: FleetProblem[] = [];
  const add = (level: FleetProblem['level'], text: string): void => {
    problems.push({ level, text });
  };
  if (served.ready === 0)
    add('bad', `No instance takes traffic: ${plural(served.instances, 'instance')} known`);
  if (instance.phase === 'starting')
    add('warning', `${instance.id} is starting: ${readiness.reasons.join('; ')}`);
  if (instance.phase === 'ready' && connections.connections === 0)
    add('warning', `No Envoy is connected to ${instance.id}`);
  if (steering.unproven.length > 0)
    add('warning', `${names(steering.unproven)} said to be ready, and not seen to serve`);
  if (served.pinnedGeneration !== null)
    add('notice', `Generation ${served.pinnedGeneration} is pinned by an operator`);
  const moving = movement(state);
  if (moving !== undefined) add('notice', moving);
  return problems;
}

/** An upgrade, or one instance that comes or goes; undefined: none. */
function movement({ instance, peers, drain }: Omit<InstanceState, 'pool'>): string | undefined {
  const all: readonly Pick<PeerReport, 'id' | 'phase' | 'generation' | 'release'>[] = [instance, ...peers];
  const releases = [...new Set(all.map(({ release }) => release))].sort();
  const idsIn = (phase: PeerReport['phase']): readonly string[] =>
    all.filter((one) => one.phase === phase).map(({ id }) => id);
  const parts = [
    ...phrase(idsIn('starting'), 'starting'),
    ...phrase(idsIn('standby'), 'in standby'),
    ...phrase(idsIn('draining'), 'draining'),
  ];
  if (parts.length === 0 && releases.length === 1) return undefined;
  const left =
    drain === null
      ? ''
      : ` (${plural(drain.open, 'stream')} open, at most ${seconds(drain.graceLeftMs)} left)`;
  const upgrade = releases.length > 1 ? [`An upgrade is under way: releases ${releases.join(' and ')}`] : [];
  return `${[...upgrade, ...parts].join('; ')}${left}`;
}

function phrase(ids: readonly string[], what: string): string[] {
  return ids.length === 0 ? [] : [`${names(ids)} ${ids.length === 1 ? 'is' : 'are'} ${what}`];
}

function names(ids: readonly string[]): string {
  const more = ids.length - mostNamed;
  return `${ids.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1000))} s`;
}
