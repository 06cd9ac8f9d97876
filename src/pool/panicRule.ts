import type { Endpoint } from '../scheduling/endpoint.ts';
import type { EndpointHealth } from './pool.ts';

/**
 * Which endpoints stay in use when probes fail, pure. A probe is a guess; a request that the
 * endpoint has just answered is evidence, and a prober that reaches nothing is not a dead fleet.
 *
 * 1. Those that pass, and those that answer requests while only their probes go unanswered.
 * 2. Panic: these are less than `panicPercent` of the endpoints that ever passed. Then all that
 *    answer requests are in use, whatever their probes say, and all whose probe is only late.
 * 3. That leaves none: all are in use but those that refuse connections.
 */
export interface PanicRule {
  readonly health: Pick<EndpointHealth, 'isHealthy' | 'faultOf'>;
  /** 0: no panic. */
  readonly panicPercent: number;
  /** Has it lately answered a request that it got after this moment? */
  readonly answeredSince: (address: string, sinceMs: number) => boolean;
}

export interface ReadySelection {
  readonly ready: readonly Endpoint[];
  readonly isPanic: boolean;
  /** How many pass their probes. */
  readonly passing: number;
  /** Some are in use only because they answered requests, which expires. */
  readonly restsOnAnswers: boolean;
}

type Standing = 'passing' | 'unprobed' | 'answers' | 'answers-though-failing' | 'late' | 'silent' | 'refuses';

export function selectReady(all: readonly Endpoint[], rule: PanicRule): ReadySelection {
  // The usual case, and cheap for thousands.
  if (all.every(({ address }) => rule.health.isHealthy(address)))
    return { ready: all, isPanic: false, passing: all.length, restsOnAnswers: false };
  const standings = all.map(({ address }) => standingOf(address, rule));
  const having = (...wanted: readonly Standing[]) =>
    all.filter((_, index) => wanted.includes(standings[index] as Standing));
  const passing = having('passing').length;
  const restsOnAnswers = standings.some((standing) => standing.startsWith('answers'));
  const selection = (ready: readonly Endpoint[], isPanic: boolean) => {
    return { ready, isPanic, passing, restsOnAnswers };
  };
  const undisputed = having('passing', 'answers');
  const everPassed = all.filter(({ address }) => {
    return rule.health.isHealthy(address) || rule.health.faultOf(address)?.everPassed === true;
  }).length;
  const isEnough = undisputed.length > 0 && 100 * undisputed.length >= rule.panicPercent * everPassed;
  if (isEnough || rule.panicPercent === 0) return selection(undisputed, false);
  const used = having('passing', 'answers', 'answers-though-failing', 'late');
  if (used.length > 0) return selection(used, used.length > undisputed.length);
  // The first probes decide before the whole pool is taken for silent.
  if (standings.includes('unprobed')) return selection([], false);
  const silent = having('silent');
  return selection(silent, silent.length > 0);
}

function standingOf(address: string, { health, answeredSince }: PanicRule): Standing {
  if (health.isHealthy(address)) return 'passing';
  const fault = health.faultOf(address);
  if (fault === undefined) return 'unprobed';
  const { failure, sinceMs } = fault;
  // With a status the endpoint itself asks to be left alone; one that drains still answers.
  if (answeredSince(address, sinceMs)) return failure === 'status' ? 'answers-though-failing' : 'answers';
  if (failure === 'late') return 'late';
  return failure === 'refused' ? 'refuses' : 'silent';
}
