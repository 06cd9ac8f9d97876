import type { Clock } from '../clock.ts';
import { JudgingTimer } from '../judgingTimer.ts';
import type { Phase } from '../phase.ts';
import type { AnnouncedPhase } from './announcedPhase.ts';
import { assignRole, type Role, type SteeringFacts } from './assignRole.ts';

export interface StandbyMachineOptions {
  /** The shared records as of now. */
  readonly facts: () => SteeringFacts;
  readonly lifecycle: {
    readonly phase: Phase;
    moveTo(phase: 'ready' | 'standby', reason: string): void;
  };
  readonly announcedPhase: AnnouncedPhase;
  /** Writes this instance's record soon; returns the sequence number of that version. */
  readonly announce: () => number;
  /** The sequence number of this instance's record in the last event of its own watch. */
  readonly acknowledged: () => number;
  /** Called when `settling` begins, with the reason to stand by. */
  readonly onSettling: (reason: string) => void;
  /** How long the role must be standby before it is announced. */
  readonly settleMs: number;
  /** How long a resumed instance waits for the store before it serves without it. */
  readonly storeWaitMs: number;
  readonly clock: Clock;
}

type State =
  | { readonly kind: 'serving' }
  | { readonly kind: 'settling'; readonly cancel: () => void }
  | { readonly kind: 'announced'; readonly sequence: number }
  | { readonly kind: 'standby' }
  | { readonly kind: 'resumed'; readonly cancel: () => void };

/**
 * Moves one instance between ready and standby so that never all instances stand by at once. The
 * way to ready is one step. The way to standby has several, because records of others may be in
 * flight.
 *
 *            role is standby       settleMs are over        own record acknowledged
 *   serving ────────────────▶ settling ────────────▶ announced ────────────────▶ standby
 *      ▲                         │                       │                          │
 *      └─────────────────────────┴───── role is serve, or the store is lost ────────┘
 *
 *   any ── the process was paused ──▶ resumed ── the store is read again ──▶ standby, then by role
 *                                        └────── storeWaitMs are over ─────▶ serving
 *
 * - `announced`: the record says standby, health still says SERVING. All instances see etcd's
 *   writes in one order, so of two that announce at once the later one sees the earlier one and
 *   goes on serving.
 * - `resumed`: other instances treated this one as dead, and its view is out of date.
 * - `begin` skips these steps: an instance that has not served yet has no traffic to hand over.
 */
export class StandbyMachine {
  readonly #options: StandbyMachineOptions;
  #state: State = { kind: 'serving' };

  constructor(options: StandbyMachineOptions) {
    this.#options = options;
  }

  /**
   * The first role of an instance that is fit. No client depends on it yet, so standby needs no
   * steps.
   */
  begin(): Role {
    const role = assignRole(this.#options.facts());
    if (role.kind === 'standby') this.#setState({ kind: 'standby' });
    return role;
  }

  /** Applies the role that the current records assign. */
  evaluate(): void {
    const { facts, lifecycle, announce } = this.#options;
    if (!this.#isSteerable) {
      this.#serve();
      return;
    }
    // The view is out of date until `onStoreRead`.
    if (this.#state.kind === 'resumed') return;
    const role = assignRole(facts());
    switch (role.kind) {
      case 'serve': {
        const wasAnnounced = this.#state.kind === 'announced';
        this.#serve();
        if (lifecycle.phase === 'standby')
          lifecycle.moveTo('ready', 'steering assigned this instance to serve');
        else if (wasAnnounced) announce();
        break;
      }
      case 'standby':
        this.#advanceToStandby(role.reason);
        break;
      default:
        role satisfies never;
    }
  }

  /** The session with the store is lost: what other instances do is unknown, so this one serves. */
  onStoreLost(): void {
    if (this.#state.kind !== 'resumed') this.#serveWithoutStore();
  }

  /**
   * The process was paused for longer than its lease lives. It stands by until the store is read
   * again.
   */
  onResumedAfterPause(reason: string): void {
    const { lifecycle, clock, storeWaitMs } = this.#options;
    if (!this.#isSteerable) return;
    this.#setState({
      kind: 'resumed',
      cancel: judgeAfter(storeWaitMs, () => this.#serveWithoutStore(), clock),
    });
    if (lifecycle.phase === 'ready') lifecycle.moveTo('standby', reason);
  }

  /** The store is joined: all records have been read. */
  onStoreRead(): void {
    if (this.#state.kind === 'resumed') this.#setState({ kind: 'standby' });
    this.evaluate();
  }

  /** Cancels what is scheduled. */
  stop(): void {
    this.#serve();
  }

  get #isSteerable(): boolean {
    const { phase } = this.#options.lifecycle;
    return phase === 'ready' || phase === 'standby';
  }

  #advanceToStandby(reason: string): void {
    const { lifecycle, acknowledged, settleMs, clock, onSettling } = this.#options;
    switch (this.#state.kind) {
      case 'serving':
        this.#setState({ kind: 'settling', cancel: judgeAfter(settleMs, () => this.#announce(), clock) });
        onSettling(reason);
        break;
      case 'announced':
        if (acknowledged() < this.#state.sequence) break;
        this.#setState({ kind: 'standby' });
        lifecycle.moveTo('standby', reason);
        break;
      case 'settling':
      case 'standby':
      case 'resumed':
        break;
      default:
        this.#state satisfies never;
    }
  }

  #announce(): void {
    // The record must be written with the announced phase, so the state changes first.
    this.#setState({ kind: 'announced', sequence: Number.POSITIVE_INFINITY });
    this.#setState({ kind: 'announced', sequence: this.#options.announce() });
  }

  #serveWithoutStore(): void {
    const { lifecycle } = this.#options;
    this.#serve();
    if (lifecycle.phase === 'standby') {
      lifecycle.moveTo('ready', 'the store is lost, so the role of other instances is unknown');
    }
  }

  #serve(): void {
    this.#setState({ kind: 'serving' });
  }

  /** The only writer of the state. Leaving a state cancels its timer. */
  #setState(state: State): void {
    if (this.#state.kind === 'settling' || this.#state.kind === 'resumed') this.#state.cancel();
    this.#state = state;
    this.#options.announcedPhase.isStandbyAnnounced = state.kind === 'announced';
  }
}

/** Others are judged by what was read of them, so a stall of this process gives the time again. */
function judgeAfter(durationMs: number, onDue: () => void, clock: Clock): () => void {
  const timer = new JudgingTimer(durationMs, onDue, clock);
  return () => timer.cancel();
}
