/** The phases of an instance's life, as its record, its health and its metrics name them. */
export type Phase = 'starting' | 'ready' | 'standby' | 'draining' | 'stopped';

export const phases: readonly Phase[] = ['starting', 'ready', 'standby', 'draining', 'stopped'];

/** Does an instance in this phase take new traffic from Envoy? */
export function takesTraffic(phase: Phase): boolean {
  return phase === 'ready';
}

/** Is it fit to take traffic, now or when steering says so? */
export function isFit(phase: Phase): boolean {
  return phase === 'ready' || phase === 'standby';
}

/** Does it answer a stream that reaches it nevertheless? */
export function answersStreams(phase: Phase): boolean {
  return phase === 'ready' || phase === 'standby' || phase === 'draining';
}
