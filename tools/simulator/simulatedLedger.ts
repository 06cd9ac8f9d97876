import type { Ledger } from '../../src/ledger/ledger.ts';
import { LocalCounts } from '../../src/ledger/localCounts.ts';
import { PeerCounts } from '../../src/ledger/peerCounts.ts';
import { Publisher } from '../../src/ledger/publisher.ts';
import { UnacknowledgedPicks } from '../../src/ledger/unacknowledgedPicks.ts';
import { publishIntervalMs } from '../../src/ledger/writeBudget.ts';
import type { Reservation } from '../../src/scheduling/reservation.ts';
import type { SimulatedLoadReport, SimulatedStore, Watcher } from './simulatedStore.ts';
import type { VirtualClock } from './virtualClock.ts';

const retryMs = 200;
const staleDecayMs = 30_000;
/** As `sync.writesPerSecond`. */
const writesPerSecond = 500;

const none: ReadonlyMap<string, number> = new Map();

export interface SimulatedLedgerOptions {
  readonly id: string;
  readonly clock: VirtualClock;
  readonly store: SimulatedStore;
  readonly minIntervalMs: number;
}

/**
 * The ledger of an instance among others, made of the parts of EtcdLedger, on a store without
 * bytes: encoding and decoding would take nine tenths of the time of a simulation.
 */
export class SimulatedLedger implements Ledger, Watcher {
  readonly #id: string;
  readonly #store: SimulatedStore;
  readonly #local: LocalCounts;
  readonly #peers: PeerCounts;
  readonly #loadReports = new Map<string, ReadonlyMap<string, number>>();
  readonly #publisher: Publisher;
  readonly #unacknowledgedPicks = new UnacknowledgedPicks();
  readonly #assignedTokens = new Map<string, number>();
  readonly #assignedByPeers = new Map<string, number>();
  readonly #reportedTokens = new Map<string, ReadonlyMap<string, number>>();
  #onPeerTokens: (address: string) => void = () => {};
  #sequence = 0;

  constructor({ id, clock, store, minIntervalMs }: SimulatedLedgerOptions) {
    this.#id = id;
    this.#store = store;
    this.#peers = new PeerCounts({ staleDecayMs, nowMs: () => clock.nowMs() });
    this.#publisher = new Publisher({
      write: () => this.#write(),
      minIntervalMs: (writeMs) =>
        publishIntervalMs({ minIntervalMs, writesPerSecond }, { instances: store.records.size, writeMs }),
      retryMs,
      clock,
    });
    this.#local = new LocalCounts(() => this.#publisher.changed());
    for (const [peer, { counts, assignedTokens }] of store.records) {
      this.#replace(peer, counts);
      this.#reportedTokens.set(peer, assignedTokens);
    }
    store.watch(this);
  }

  /** As after a crash: nothing is published any more. */
  stop(): void {
    void this.#publisher.stop();
    this.#store.unwatch(this);
  }

  reserve(address: string): Reservation {
    this.#unacknowledgedPicks.picked(this.#local.total);
    return this.#local.reserve(address);
  }

  /** Tokens of a prompt that goes to the address with the next reservation. */
  assign(address: string, tokens: number): void {
    this.#assignedTokens.set(address, (this.#assignedTokens.get(address) ?? 0) + tokens);
  }

  assignedTokens(address: string): number {
    return (this.#assignedTokens.get(address) ?? 0) + (this.#assignedByPeers.get(address) ?? 0);
  }

  /** Calls back when a peer has assigned more tokens to the address. */
  onPeerTokens(listener: (address: string) => void): void {
    this.#onPeerTokens = listener;
  }

  inFlight(address: string): number {
    return this.#local.of(address) + this.#peers.of(address);
  }

  localInFlight(address: string): number {
    return this.#local.of(address);
  }

  unacknowledgedPicks(): number {
    return this.#unacknowledgedPicks.ofPeers({ busy: this.#peers.busy(), weight: this.#peers.weight() });
  }

  local(): ReadonlyMap<string, number> {
    return this.#local.counts;
  }

  view(): ReadonlyMap<string, number> {
    const view = new Map(this.#local.counts);
    for (const address of this.#peers.sums.keys()) view.set(address, this.inFlight(address));
    return view;
  }

  onPut(id: string, { sequence, counts, assignedTokens }: SimulatedLoadReport): void {
    if (id === this.#id) {
      this.#unacknowledgedPicks.acknowledged(sequence);
      return;
    }
    this.#replace(id, counts);
    this.#addAssigned(id, assignedTokens);
  }

  onDelete(id: string): void {
    this.#replace(id, none);
    this.#loadReports.delete(id);
    this.#reportedTokens.delete(id);
  }

  /** A sum of what each peer added: it does not fall where one leaves. */
  #addAssigned(peer: string, assigned: ReadonlyMap<string, number>): void {
    const before = this.#reportedTokens.get(peer);
    this.#reportedTokens.set(peer, assigned);
    for (const [address, tokens] of assigned) {
      const added = tokens - (before?.get(address) ?? 0);
      if (added <= 0) continue;
      this.#assignedByPeers.set(address, (this.#assignedByPeers.get(address) ?? 0) + added);
      this.#onPeerTokens(address);
    }
  }

  #replace(peer: string, counts: ReadonlyMap<string, number>): void {
    const before = this.#loadReports.get(peer) ?? none;
    this.#loadReports.set(peer, counts);
    for (const [address, count] of counts) {
      const difference = count - (before.get(address) ?? 0);
      if (difference !== 0) this.#peers.add(peer, address, difference);
    }
    for (const [address, count] of before) if (!counts.has(address)) this.#peers.add(peer, address, -count);
  }

  #write(): Promise<void> {
    this.#sequence += 1;
    this.#unacknowledgedPicks.sent(this.#sequence);
    return this.#store.put(this.#id, {
      sequence: this.#sequence,
      counts: new Map(this.#local.counts),
      assignedTokens: new Map(this.#assignedTokens),
    });
  }
}
