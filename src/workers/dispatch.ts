import { isFit, type Phase, takesTraffic } from '../phase.ts';
import type { GroupHealth } from './messages.ts';

/** How the workers of one port share what comes to it. Pure. */
export interface Worker {
  readonly phase: Phase | undefined;
  /** Connections that bring streams or may do so. */
  readonly serving: number;
}

/** One port, one answer: it takes traffic as long as one worker does, until the group leaves. */
export function healthOf(phases: Iterable<Phase | undefined>, isLeaving: boolean): GroupHealth {
  const known = isLeaving ? [] : [...phases].filter((phase) => phase !== undefined);
  return { takesTraffic: known.some(takesTraffic), isFit: known.some(isFit) };
}

/** Who takes the next connection: of those best able to, the one that serves the fewest; undefined: nobody can. */
export function pickWorker<S extends Worker>(sharers: Iterable<S>): S | undefined {
  return takers(sharers).toSorted((a, b) => a.serving - b.serving)[0];
}

/**
 * Who has connections that others should have, and how many of them to let go. They come again by themselves
 * and are handed out anew. At most one of a worker that serves: what comes of it is seen first.
 */
export function excessConnections<S extends Worker>(sharers: Iterable<S>): { sharer: S; count: number }[] {
  const all = [...sharers];
  const able = takers(all);
  if (!able.some(({ phase }) => phase !== undefined && isFit(phase))) return [];
  const surplus = all
    .filter(({ phase, serving }) => phase === 'starting' && serving > 0)
    .map((sharer) => ({ sharer, count: sharer.serving }));
  const fewest = Math.min(...able.map(({ serving }) => serving));
  for (const sharer of able) if (sharer.serving >= fewest + 2) surplus.push({ sharer, count: 1 });
  return surplus;
}

/** The less able are asked only where there is nobody better: they still say how they are. */
const ability = ['ready', 'standby', 'draining', 'starting'] as const satisfies readonly Phase[];

function takers<S extends Worker>(sharers: Iterable<S>): S[] {
  const all = [...sharers];
  for (const phase of ability) {
    const able = all.filter((sharer) => sharer.phase === phase);
    if (able.length > 0) return able;
  }
  return [];
}
