import type { Phase } from '../phase.ts';

/**
 * The phase in this instance's record. It is the phase of its lifecycle, except while a ready
 * instance announces that it will stand by: its record says standby already, its health does not
 * yet.
 */
export class AnnouncedPhase {
  readonly #lifecycle: { readonly phase: Phase };
  /** Written by the StandbyMachine alone. */
  isStandbyAnnounced = false;

  constructor(lifecycle: { readonly phase: Phase }) {
    this.#lifecycle = lifecycle;
  }

  get current(): Phase {
    const { phase } = this.#lifecycle;
    return phase === 'ready' && this.isStandbyAnnounced ? 'standby' : phase;
  }
}
