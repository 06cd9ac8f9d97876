import type { RecordSubscription } from '../etcd/records.ts';
import type { EtcdSessionState } from '../etcd/sessionListeners.ts';
import { SingleRecord } from '../etcd/singleRecord.ts';
import type { EtcdLedger } from '../ledger/etcdLedger.ts';
import { decodePinnedGeneration, type PinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { subscriptionTo } from '../proto/records/recordRules.ts';
import type { AnnouncedPhase } from './announcedPhase.ts';
import { type Role, type SteeringFacts, servingGeneration } from './assignRole.ts';
import { StandbyMachine, type StandbyMachineOptions } from './standbyMachine.ts';

type Mode = 'automatic' | 'off';

export interface SteeringControllerOptions
  extends Pick<StandbyMachineOptions, 'lifecycle' | 'settleMs' | 'storeWaitMs' | 'clock'> {
  /** `off`: this instance ignores other instances and the pinned generation. */
  readonly mode: Mode;
  readonly id: string;
  readonly generation: number;
  readonly minReady: number | undefined;
  readonly announcedPhase: AnnouncedPhase;
  readonly store: { readonly state: EtcdSessionState };
  readonly ledger: Pick<
    EtcdLedger,
    'announce' | 'acknowledgedAnnouncement' | 'instances' | 'onInstanceChange'
  >;
  readonly isWithoutEndpoints: () => boolean;
  readonly onEvent: (event: SteeringEvent) => void;
  /** Of the pinned generation. */
  readonly onUnreadable: (cause: unknown) => void;
}

export type SteeringEvent =
  | { readonly kind: 'settling'; readonly reason: string; readonly settleMs: number }
  | { readonly kind: 'pinned'; readonly pinned: PinnedGeneration }
  | { readonly kind: 'released' };

/** Steering in `/state`. */
export interface SteeringReport {
  readonly mode: Mode;
  /** The generation that takes the traffic, as this instance knows it; null when none does. */
  readonly servingGeneration: number | null;
  readonly pinnedGeneration: number | null;
}

/**
 * Steers this one instance: evaluates the StandbyMachine whenever something changes that its role
 * depends on. That is: instance records, the pinned generation, the readiness of its endpoints, the
 * state of the store, its own phase. The shared records are the only input; there is no leader and
 * there are no messages.
 */
export class SteeringController {
  readonly #options: SteeringControllerOptions;
  readonly #pinned: SingleRecord<PinnedGeneration | undefined>;
  readonly #machine: StandbyMachine;
  #wasWithoutEndpoints: boolean | undefined;

  constructor(options: SteeringControllerOptions) {
    this.#options = options;
    const { ledger, settleMs, onEvent, onUnreadable } = options;
    this.#machine = new StandbyMachine({
      ...options,
      facts: () => this.#facts(),
      announce: () => ledger.announce(),
      acknowledged: () => ledger.acknowledgedAnnouncement(),
      onSettling: (reason) => onEvent({ kind: 'settling', reason, settleMs }),
    });
    this.#pinned = new SingleRecord({
      decode: decodePinnedGeneration,
      onChange: (pinned) => {
        onEvent(pinned === undefined ? { kind: 'released' } : { kind: 'pinned', pinned });
        this.evaluate();
      },
      onUnreadable,
    });
    ledger.onInstanceChange(() => this.evaluate());
  }

  /**
   * To be handed to the session with the ledger's subscriptions, and `onSynced` and `onState`
   * below.
   */
  get subscription(): RecordSubscription {
    return subscriptionTo('pinnedGeneration', this.#pinned);
  }

  /** Every subscription has its snapshot. */
  onSynced(): void {
    this.evaluate();
  }

  onState({ kind }: EtcdSessionState): void {
    if (kind === 'joined') this.#machine.onStoreRead();
    else this.#machine.onStoreLost();
  }

  onResumedAfterPause(): void {
    this.#machine.onResumedAfterPause('the process was paused for longer than its lease lives');
  }

  onEndpointsChange(): void {
    const isWithoutEndpoints = this.#options.isWithoutEndpoints();
    if (isWithoutEndpoints === this.#wasWithoutEndpoints) return;
    this.#wasWithoutEndpoints = isWithoutEndpoints;
    this.#options.ledger.announce();
    this.evaluate();
  }

  /** The first role, when the instance is fit for the first time. */
  begin(): Role {
    return this.#isJoined ? this.#machine.begin() : { kind: 'serve' };
  }

  /** Evaluates while the store is joined. Before that, known records may be out of date. */
  evaluate(): void {
    if (this.#isJoined) this.#machine.evaluate();
  }

  stop(): void {
    this.#machine.stop();
  }

  report(): SteeringReport {
    const { mode, ledger } = this.#options;
    const pinned = this.#pinned.record?.generation;
    return {
      mode,
      servingGeneration: servingGeneration({ instances: ledger.instances.values(), pinned }) ?? null,
      pinnedGeneration: pinned ?? null,
    };
  }

  get #isJoined(): boolean {
    return this.#options.store.state.kind === 'joined';
  }

  #facts(): SteeringFacts {
    const { mode, id, generation, minReady, lifecycle, ledger, isWithoutEndpoints } = this.#options;
    const self = { id, generation, phase: lifecycle.phase, withoutEndpoints: isWithoutEndpoints() };
    if (mode === 'off') return { self, instances: [], pinned: undefined, minReady };
    const pinned = this.#pinned.record?.generation;
    return { self, instances: ledger.instances.values(), pinned, minReady };
  }
}
