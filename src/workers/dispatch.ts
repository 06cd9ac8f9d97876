import { isFit, type Phase, takesTraffic } from '../phase.ts';
import type { GroupHealth } from './messages.ts';

/** How the connections of one port are distributed among its workers. Pure. */
export interface Worker {
  /** undefined: it cannot take connections yet. */
  readonly phase: Phase | undefined;
  /** Open connections that carry streams, or may. */
  readonly serving: number;
}

/** The health of the port: it takes traffic while one worker does, until the group drains. */
export function healthOf(phases: Iterable<Phase | undefined>, isDraining: boolean): GroupHealth {
  const known = isDraining ? [] : [...phases].filter((phase) => phase !== undefined);
  return { takesTraffic: known.some(takesTraffic), isFit: known.some(isFit) };
}

/**
 * The worker for the next connection: of the fittest, the one with the fewest; undefined when none
 * can take it.
 */
export function pickWorker<W extends Worker>(workers: Iterable<W>): W | undefined {
  return fittest([...workers]).toSorted((a, b) => a.serving - b.serving)[0];
}

/**
 * Which workers have connections that others should have, and how many. The clients of shed
 * connections reconnect and are dispatched again. A serving worker sheds at most one at a time, so
 * that the effect is known before the next.
 */
export function excessConnections<W extends Worker>(workers: Iterable<W>): { worker: W; count: number }[] {
  const all = [...workers];
  const eligible = fittest(all);
  if (!eligible.some(({ phase }) => phase !== undefined && isFit(phase))) return [];
  const excess = all
    .filter(({ phase, serving }) => phase === 'starting' && serving > 0)
    .map((worker) => ({ worker, count: worker.serving }));
  const fewest = Math.min(...eligible.map(({ serving }) => serving));
  for (const worker of eligible) if (worker.serving >= fewest + 2) excess.push({ worker, count: 1 });
  return excess;
}

/**
 * Fittest first. A worker that takes no traffic still answers health checks with the group's
 * status.
 */
const fitness = ['ready', 'standby', 'draining', 'starting'] as const satisfies readonly Phase[];

function fittest<W extends Worker>(workers: readonly W[]): readonly W[] {
  for (const phase of fitness) {
    const inPhase = workers.filter((worker) => worker.phase === phase);
    if (inPhase.length > 0) return inPhase;
  }
  return [];
}
