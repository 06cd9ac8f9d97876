import type { Readiness } from '../admin/state.ts';

/** What an instance needs before it takes traffic, as it is now. */
export interface ReadinessFacts {
  /** The ext_proc port is bound. */
  readonly listening: boolean;
  /** The shared store: lease held, view loaded and followed; still on the way there; or none configured. */
  readonly store: 'none' | 'joining' | 'joined';
  /** `startup.storeWaitMs` is over: an instance without its store is better than none. */
  readonly storeWaitOver: boolean;
  readonly endpointsKnown: number;
  readonly endpointsReady: number;
}

/** May an instance that is starting become ready? */
export function readinessOf(facts: ReadinessFacts): Readiness {
  const reasons: string[] = [];
  if (!facts.listening) reasons.push('the ext_proc port is not bound yet');
  if (facts.store === 'joining' && !facts.storeWaitOver) {
    reasons.push('the shared store is not joined yet: no lease, or the view is not loaded');
  }
  if (facts.endpointsReady === 0) {
    reasons.push(
      facts.endpointsKnown === 0
        ? 'no endpoint is known'
        : `none of ${facts.endpointsKnown} endpoints has passed its health probe`,
    );
  }
  return { ready: reasons.length === 0, reasons };
}
