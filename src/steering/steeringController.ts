import type { EtcdSession } from '../etcd/etcdSession.ts';
import type { RecordSubscription } from '../etcd/records.ts';
import type { EtcdSessionState } from '../etcd/sessionListeners.ts';
import { SingleRecord } from '../etcd/singleRecord.ts';
import type { Lifecycle } from '../instance/lifecycle.ts';
import type { EtcdLedger } from '../ledger/etcdLedger.ts';
import type { Phase } from '../phase.ts';
import { decodePinnedGeneration, type PinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { PauseDetector } from './pauseDetector.ts';
import { StandbyMachine } from './standbyMachine.ts';
import { type Role, type SteeringFacts, servingGeneration } from './steering.ts';

export interface SteeringControllerOptions {
  /** `off`: nobody else's generation and no operator's word matters to this instance. */
  readonly mode: 'automatic' | 'off';
  readonly id: string;
  readonly generation: number;
  readonly minReady: number | undefined;
  readonly settleMs: number;
  readonly storeWaitMs: number;
  /** After a sleep of this length others have taken this instance for dead. */
  readonly leaseTtlMs: number;
  readonly lifecycle: Lifecycle;
  readonly store: EtcdSession;
  readonly ledger: EtcdLedger;
  readonly isWithoutEndpoints: () => boolean;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  readonly onEvent: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly onUnreadable: (key: string, cause: unknown) => void;
}

export interface SteeringReport {
  readonly mode: 'automatic' | 'off';
  /** The generation that takes the traffic, as far as is known here; null when none does. */
  readonly servingGeneration: number | null;
  /** The operator's word. */
  readonly pinnedGeneration: number | null;
}

/**
 * Steering as one instance does it for itself: lets the steersman look whenever something changed that its
 * course depends on (records, the operator's word, own endpoints, the store's state, a sleep). No leader, no
 * messages: the shared records are all there is.
 */
export class SteeringController {
  readonly #options: SteeringControllerOptions;
  readonly #target: SingleRecord<PinnedGeneration | undefined>;
  readonly #steersman: StandbyMachine;
  readonly #wakeWatch: PauseDetector;
  readonly #timers = new Set<NodeJS.Timeout>();
  #wasWithoutEndpoints: boolean | undefined;

  constructor(options: SteeringControllerOptions) {
    this.#options = options;
    const { lifecycle, ledger, settleMs, storeWaitMs, leaseTtlMs, nowMs, onEvent: tell } = options;
    this.#steersman = new StandbyMachine({
      facts: () => this.#facts(),
      phase: () => lifecycle.phase,
      moveTo: (phase, reason) => lifecycle.moveTo(phase, reason),
      onSettling: (because) => tell('will stand by', { because, settleMs }),
      announce: () => ledger.announce(),
      acknowledged: () => ledger.acknowledgedAnnouncement(),
      settleMs,
      storeWaitMs,
      after: (ms, call) => this.#after(ms, call),
    });
    this.#target = new SingleRecord({
      decode: decodePinnedGeneration,
      onChange: (target) => {
        if (target === undefined) tell('no generation is pinned', {});
        else tell(`generation ${target.generation} is pinned`, { ...target });
        this.#look();
      },
      onUnreadable: (cause) => options.onUnreadable(recordKeys.pinnedGeneration, cause),
    });
    this.#wakeWatch = new PauseDetector({
      longestMs: leaseTtlMs,
      nowMs,
      onResumed: (asleepSinceMs) => {
        ledger.onResumedAfterPause(asleepSinceMs);
        this.#steersman.onResumedAfterPause(
          'asleep for so long that others took it for dead; all is read again',
        );
      },
    });

    ledger.onInstanceChange(() => this.#look());
    lifecycle.onChange(() => this.#look());
  }

  /** To be handed to the session. */
  get subscription(): RecordSubscription {
    return { prefix: recordKeys.pinnedGeneration, listener: this.#target };
  }

  /** The ledger and the pinned generation have their snapshots. */
  onSynced(): void {
    this.#look();
  }

  onState({ kind }: EtcdSessionState): void {
    if (kind === 'joined') this.#steersman.onStoreRead();
    else this.#steersman.onStoreLost();
  }

  /** The phase that this instance's record tells. */
  announcedPhase(): Phase {
    return this.#steersman.announcedPhase();
  }

  start(): void {
    this.#wakeWatch.start();
  }

  /** What to begin with, asked when the instance is fit for the first time. */
  begin(): Role {
    return this.#options.store.state.kind === 'joined' ? this.#steersman.begin() : { kind: 'serve' };
  }

  stop(): void {
    this.#wakeWatch.stop();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Somebody asks something that depends on the phase: was this process asleep? */
  detectPause(): void {
    this.#wakeWatch.check();
  }

  endpointsChanged(): void {
    const without = this.#options.isWithoutEndpoints();
    if (without === this.#wasWithoutEndpoints) return;
    this.#wasWithoutEndpoints = without;
    this.#options.ledger.announce();
    this.#look();
  }

  report(): SteeringReport {
    const { mode, ledger } = this.#options;
    const pinned = this.#target.record?.generation;
    return {
      mode,
      servingGeneration: servingGeneration({ instances: ledger.instances.values(), pinned }) ?? null,
      pinnedGeneration: pinned ?? null,
    };
  }

  /** Records are believed only while the store is joined: before, they may be of the past. */
  #look(): void {
    if (this.#options.store.state.kind === 'joined') this.#steersman.evaluate();
  }

  #facts(): SteeringFacts {
    const { mode, id, generation, minReady, lifecycle, ledger, isWithoutEndpoints } = this.#options;
    const self = { id, generation, phase: lifecycle.phase, withoutEndpoints: isWithoutEndpoints() };
    if (mode === 'off') return { self, instances: [], pinned: undefined, minReady };
    const pinned = this.#target.record?.generation;
    return { self, instances: ledger.instances.values(), pinned, minReady };
  }

  #after(ms: number, call: () => void): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      call();
    }, ms);
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }
}
