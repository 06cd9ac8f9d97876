/** The phases of an instance's life, as its record, its health status and its metrics name them. */
export type Phase = 'starting' | 'ready' | 'standby' | 'draining' | 'stopped';

export const phases: readonly Phase[] = ['starting', 'ready', 'standby', 'draining', 'stopped'];

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
