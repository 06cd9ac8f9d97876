/** The phases of an instance's life, as its record, its health status and its metrics name them. */
export type Phase = 'starting' | 'ready' | 'standby' | 'draining' | 'stopped';

export const phases: readonly Phase[] = ['starting', 'ready', 'standby', 'draining', 'stopped'];

/** The first of these that a pool of the instance is in is the phase of the instance. */
const decisivePhases: readonly Phase[] = ['starting', 'draining', 'ready', 'standby', 'stopped'];

/**
 * Standby only where all stand by: one port has one health, so it takes traffic while one pool
 * needs it to.
 */
export function phaseOfAll(all: readonly Phase[]): Phase {
  return decisivePhases.find((phase) => all.includes(phase)) ?? 'stopped';
}

/** Whether Envoy's health checks get SERVING. */
export function takesTraffic(phase: Phase): boolean {
  return phase === 'ready';
}

/** Whether the instance could take traffic as soon as steering assigns it. */
export function isFit(phase: Phase): boolean {
  return phase === 'ready' || phase === 'standby';
}

/** Whether a stream that arrives is answered. Envoy opens some before its next health check. */
export function answersStreams(phase: Phase): boolean {
  return phase === 'ready' || phase === 'standby' || phase === 'draining';
}
