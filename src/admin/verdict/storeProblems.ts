import type { InstanceState } from '../state.ts';
import { type FleetProblem, plural } from './problem.ts';

/** What is wrong between this instance and etcd. Decisions go on without it. */
export function storeProblems({ instance, store, consistency }: Omit<InstanceState, 'pool'>): FleetProblem[] {
  if (store.kind === 'memory') return [];
  const problems: FleetProblem[] = [];
  const warn = (text: string): void => {
    problems.push({ level: 'warning', text });
  };
  if (!store.leaseHeld && instance.phase !== 'starting') {
    const age = Math.round((store.viewAgeMs ?? 0) / 1000);
    warn(`etcd is away: ${instance.id} decides on its local counts; its view of the others is ${age} s old`);
  } else if (store.writeProblem !== null) warn(`etcd takes no writes: ${store.writeProblem.slice(0, 200)}`);
  const wrong = consistency.last.length;
  if (wrong > 0 && Object.values(consistency.differences).some((count) => count > 0))
    problems.push({ level: 'notice', text: `The consistency check found ${plural(wrong, 'wrong count')}` });
  if (store.recordsSkipped > 0) {
    const skipped = `${plural(store.recordsSkipped, 'record')} in etcd skipped`;
    problems.push({
      level: 'notice',
      text: `${skipped}: unreadable, too large, too many, or without a lease`,
    });
  }
  return problems;
}
