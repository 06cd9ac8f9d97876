import type { Phase } from '../phase.ts';
import { assignRole, type Role, type SteeringFacts } from './steering.ts';

export interface StandbyMachineOptions {
  /** The shared records as of now. */
  readonly facts: () => SteeringFacts;
  readonly phase: () => Phase;
  readonly moveTo: (phase: 'ready' | 'standby', reason: string) => void;
  /** Told why it will stand by, when that begins to settle. */
  readonly onSettling: (because: string) => void;
  /** Has this instance's record written, with the phase of `announcedPhase`; answers its sequence number. */
  readonly announce: () => number;
  /** The sequence number of this instance's own record as its watch showed it last. */
  readonly acknowledged: () => number;
  /** How long there must be reason to stand by before it begins. */
  readonly settleMs: number;
  /** How long one that was asleep waits for the store before it serves without. */
  readonly storeWaitMs: number;
  /** Calls back later; answers a function that prevents it. */
  readonly after: (ms: number, call: () => void) => () => void;
}

type State =
  | { readonly kind: 'serving' }
  | { readonly kind: 'settling'; readonly cancel: () => void }
  | { readonly kind: 'announced'; readonly sequence: number }
  | { readonly kind: 'standing-by' }
  | { readonly kind: 'woken'; readonly cancel: () => void };

/**
 * Carries out what steering says, so that never everybody stands by at once. Serving again is done at once;
 * standing by is done in steps, because records of others may be on their way:
 *
 * serving     → standing-by  in the beginning, when others have the traffic already
 * serving     → settling     others should take the traffic
 * settling    → announced    they still should after `settleMs`: the record says standby, health does not yet
 * announced   → standing-by  the own record came back through the watch, and they still should. All instances
 *                            see the records in one order: of two that announce, the later sees the earlier.
 * any         → serving      they should not any more, or the store is lost and nobody knows
 * any         → woken        the process did not run for a while: others took it for dead, and what it knows is old
 * woken       → serving      everything is read again, or the store cannot be reached for `storeWaitMs`
 */
export class StandbyMachine {
  readonly #options: StandbyMachineOptions;
  #state: State = { kind: 'serving' };

  constructor(options: StandbyMachineOptions) {
    this.#options = options;
  }

  /** The phase that this instance's record tells. */
  announcedPhase(): Phase {
    const phase = this.#options.phase();
    return phase === 'ready' && this.#state.kind === 'announced' ? 'standby' : phase;
  }

  /** What an instance begins with that is fit now. Nobody counts on it yet, so it may stand by without steps. */
  begin(): Role {
    const course = assignRole(this.#options.facts());
    if (course.kind === 'stand-by') this.#state = { kind: 'standing-by' };
    return course;
  }

  /** The records, or what they say of this instance, changed. */
  evaluate(): void {
    const {
      facts,
      phase,
      moveTo,
      announce,
      acknowledged: shown,
      settleMs,
      after,
      onSettling,
    } = this.#options;
    if (phase() !== 'ready' && phase() !== 'standby') {
      this.#serve();
      return;
    }
    // What is known is of the past until `reread`.
    if (this.#state.kind === 'woken') return;
    const course = assignRole(facts());
    if (course.kind === 'serve') {
      const wasAnnounced = this.#state.kind === 'announced';
      this.#serve();
      if (phase() === 'standby') moveTo('ready', 'the traffic is for this instance');
      else if (wasAnnounced) announce();
      return;
    }
    switch (this.#state.kind) {
      case 'serving':
        this.#state = { kind: 'settling', cancel: after(settleMs, () => this.#announce()) };
        onSettling(course.because);
        break;
      case 'announced':
        if (shown() < this.#state.sequence) break;
        this.#state = { kind: 'standing-by' };
        moveTo('standby', course.because);
        break;
      case 'settling':
      case 'standing-by':
        break;
      default:
        this.#state satisfies never;
    }
  }

  /** The store is lost: what others do cannot be known. */
  onStoreLost(): void {
    if (this.#state.kind !== 'woken') this.#serveAdrift();
  }

  /** The process was asleep for longer than its lease lives. Until the store is read again it stands by. */
  onResumedAfterPause(reason: string): void {
    const { phase, moveTo, after, storeWaitMs } = this.#options;
    if (phase() !== 'ready' && phase() !== 'standby') return;
    this.#serve();
    this.#state = { kind: 'woken', cancel: after(storeWaitMs, () => this.#serveAdrift()) };
    if (phase() === 'ready') moveTo('standby', reason);
  }

  /** The store is joined: all records have been read. */
  onStoreRead(): void {
    if (this.#state.kind === 'woken') {
      this.#state.cancel();
      this.#state = { kind: 'standing-by' };
    }
    this.evaluate();
  }

  #serveAdrift(): void {
    this.#serve();
    if (this.#options.phase() === 'standby') {
      this.#options.moveTo('ready', 'the shared store is lost, so nobody knows who serves');
    }
  }

  #announce(): void {
    if (this.#state.kind !== 'settling') return;
    // Before it is written: the record asks for the announced phase.
    this.#state = { kind: 'announced', sequence: Number.POSITIVE_INFINITY };
    this.#state = { kind: 'announced', sequence: this.#options.announce() };
  }

  #serve(): void {
    if (this.#state.kind === 'settling' || this.#state.kind === 'woken') this.#state.cancel();
    this.#state = { kind: 'serving' };
  }
}
