import type { RecordSubscription } from '../etcd/records.ts';
import type { EtcdSessionState } from '../etcd/sessionListeners.ts';
import { SingleRecord } from '../etcd/singleRecord.ts';
import type { EtcdLedger } from '../ledger/etcdLedger.ts';
import { decodePinnedGeneration, type PinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { subscriptionTo } from '../proto/records/recordRules.ts';
import type { AnnouncedPhase } from './announcedPhase.ts';
import { type Role, type SteeringFacts, servingGeneration } from './assignRole.ts';
import { proofIntervalMs, ServingEvidence, type ServingEvidenceOptions } from './servingEvidence.ts';
import { StandbyMachine, type StandbyMachineOptions } from './standbyMachine.ts';

type Mode = 'automatic' | 'off';

export interface SteeringControllerOptions
  extends Pick<StandbyMachineOptions, 'lifecycle' | 'settleMs' | 'storeWaitMs' | 'clock'>,
    Pick<ServingEvidenceOptions, 'proxyQuietMs'> {
  /** `off`: this instance ignores other instances and the pinned generation. */
  readonly mode: Mode;
  readonly id: string;
  readonly generation: number;
  readonly minReady: number | undefined;
  readonly announcedPhase: AnnouncedPhase;
  readonly store: { readonly state: EtcdSessionState };
  readonly ledger: Pick<
    EtcdLedger,
    | 'announce'
    | 'acknowledgedAnnouncement'
    | 'instances'
    | 'onInstanceChange'
    | 'loadReports'
    | 'publishAgain'
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
  /** Other instances that say they are ready and are not seen to serve: they move no one. */
  readonly unproven: readonly string[];
}

/** The time between two checks of what has changed without an event. */
const tickMs = 1_000;

/**
 * Steers this one instance: evaluates the StandbyMachine whenever something changes that its role
 * depends on. That is: instance records, the pinned generation, the readiness of its endpoints, the
 * state of the store, its own phase, and which peers are seen to serve. The shared records are the
 * only input; there is no leader and there are no messages. While it serves it proves that by its
 * load report.
 */
export class SteeringController {
  readonly #options: SteeringControllerOptions;
  readonly #pinned: SingleRecord<PinnedGeneration | undefined>;
  readonly #machine: StandbyMachine;
  readonly #evidence: ServingEvidence;
  #wasWithoutEndpoints: boolean | undefined;
  #wasSynced = false;
  #provedMs = Number.NEGATIVE_INFINITY;
  #cancelTick: (() => void) | undefined;

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
    this.#evidence = new ServingEvidence(options);
    ledger.onInstanceChange(() => this.evaluate());
    ledger.loadReports.onPeerReport((id) => {
      // Each writes one when it joins, long before it serves.
      if (ledger.instances.get(id)?.phase !== 'ready') return;
      const wasSeen = this.#evidence.isSeen(id);
      this.#evidence.onLoadReport(id);
      if (!wasSeen) this.evaluate();
    });
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
    // An instance that starts beside others believes them at first.
    if (!this.#wasSynced)
      for (const id of this.#options.ledger.loadReports.reporters()) this.#evidence.onLoadReport(id);
    this.#wasSynced = true;
    this.evaluate();
  }

  onState({ kind }: EtcdSessionState): void {
    if (kind === 'joined') {
      this.#machine.onStoreRead();
      this.#tick();
    } else this.#machine.onStoreLost();
  }

  /** A proxy asks this instance again, after long or for the first time. */
  onProxyContact(): void {
    if (this.#isJoined) this.#tick();
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
    if (!this.#isJoined) return;
    this.#machine.evaluate();
    this.#prove();
  }

  stop(): void {
    this.#cancelTick?.();
    this.#machine.stop();
  }

  report(): SteeringReport {
    const { mode, ledger, id: localId } = this.#options;
    const pinned = this.#pinned.record?.generation;
    const peers = [...ledger.instances.values()].filter(({ id }) => id !== localId);
    const unproven = peers.filter(({ id, phase }) => phase === 'ready' && !this.#evidence.isSeen(id));
    return {
      mode,
      unproven: unproven.map(({ id }) => id),
      servingGeneration: servingGeneration({ instances: ledger.instances.values(), pinned }) ?? null,
      pinnedGeneration: pinned ?? null,
    };
  }

  #tick(): void {
    this.#cancelTick?.();
    const { clock, ledger } = this.#options;
    this.#cancelTick = clock.after(tickMs, () => this.#tick());
    if (!this.#isJoined) return;
    this.#evidence.update((id) => ledger.instances.has(id));
    this.evaluate();
  }

  /**
   * Shows the peers that this instance serves. Its record must say so first, in the order in which
   * they read: a load report from before proves nothing.
   */
  #prove(): void {
    const { clock, id, ledger, lifecycle } = this.#options;
    const isServing = lifecycle.phase === 'ready' && ledger.instances.get(id)?.phase === 'ready';
    if (!isServing || !this.#evidence.hasContact) {
      this.#provedMs = Number.NEGATIVE_INFINITY;
      return;
    }
    const nowMs = clock.nowMs();
    if (nowMs - this.#provedMs < proofIntervalMs) return;
    this.#provedMs = nowMs;
    ledger.publishAgain();
  }

  get #isJoined(): boolean {
    return this.#options.store.state.kind === 'joined';
  }

  #facts(): SteeringFacts {
    const { mode, id, generation, minReady, lifecycle, ledger, isWithoutEndpoints } = this.#options;
    const self = { id, generation, phase: lifecycle.phase, withoutEndpoints: isWithoutEndpoints() };
    const isSeenToServe = (peer: string): boolean => this.#evidence.isSeen(peer);
    if (mode === 'off') return { self, instances: [], isSeenToServe, pinned: undefined, minReady };
    const pinned = this.#pinned.record?.generation;
    return { self, instances: ledger.instances.values(), isSeenToServe, pinned, minReady };
  }
}
