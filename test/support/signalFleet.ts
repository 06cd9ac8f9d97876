import type { RecordChange } from '../../src/etcd/records.ts';
import { PeerSignals } from '../../src/signals/peerSignals.ts';
import type { PodHealth } from '../../src/signals/podHealth.ts';
import { PodSignals } from '../../src/signals/podSignals.ts';
import { SharedSignals } from '../../src/signals/sharedSignals.ts';
import { ManualClock } from './manualClock.ts';
import { seededRandom } from './seededRandom.ts';

export const [bad, well] = ['10.0.0.1:80', '10.0.0.2:80'] as const;

const usualMs = 500;

interface Member {
  readonly signals: PodSignals;
  readonly shared: SharedSignals;
}

/** Instances that judge pods and share one store, on one clock. */
export class SignalFleet {
  readonly clock = new ManualClock();
  readonly unreadable: string[] = [];
  writes = 0;
  /** How long a write takes to reach the others. */
  deliveryMs = 0;
  readonly #members = new Map<string, Member>();

  constructor(ids: readonly string[]) {
    for (const id of ids) this.#members.set(id, this.#start(id, ids.length));
  }

  signals(id: string): PodSignals {
    return this.#member(id).signals;
  }

  health(id: string): PodHealth {
    return this.signals(id).health(bad);
  }

  /** One exchange that is answered with this status, as Envoy would show it. */
  answer(id: string, address: string, status: number, lastsMs = status === 200 ? usualMs : 0): void {
    const signals = this.signals(id);
    const exchange = signals.begin(address, this.clock.nowMs() - lastsMs);
    signals.onHeaders(exchange, status, address, false);
    if (exchange.watch === 'body') signals.onBody(exchange, Buffer.from('an answer'), true);
    signals.onEnd(exchange);
  }

  /** One exchange that fails at once; where it is not watched, only its early end is seen. */
  fail(id: string, address: string): void {
    const signals = this.signals(id);
    const exchange = signals.begin(address, this.clock.nowMs() - 2);
    if (exchange.watch !== 'none') signals.onHeaders(exchange, 500, address, false);
    signals.onEnd(exchange);
  }

  /** One exchange that lasts so long and is not watched. */
  end(id: string, address: string, lastsMs: number): void {
    const signals = this.signals(id);
    const nowMs = this.clock.nowMs();
    signals.onEnd(signals.begin(address, nowMs - lastsMs));
  }

  /** Each instance has seen how long exchanges usually last, and good answers of the other pod. */
  warmUp(): void {
    for (const id of this.#members.keys()) {
      for (let nth = 0; nth < 20; nth += 1) {
        this.end(id, bad, usualMs);
        this.end(id, well, usualMs);
      }
      this.answer(id, well, 200);
      this.answer(id, well, 200);
    }
  }

  /** Lets time pass, and writes that are due reach the others. */
  async settle(ms = 250): Promise<void> {
    for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 10) {
      this.clock.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** An instance reads the record of a peer. */
  put(id: string, peer: string, value: Uint8Array): void {
    this.#member(id).shared.onPut(peer, value);
  }

  /** The instance ends, and its record with it. */
  async remove(id: string): Promise<void> {
    await this.#member(id).shared.stop();
    this.#members.delete(id);
    for (const { shared } of this.#members.values()) shared.onDelete(id);
  }

  #start(id: string, schedulers: number): Member {
    const peers = new PeerSignals();
    const signals = new PodSignals({
      settings: { sampleOneIn: 16, quarantineBaseMs: 1_000, quarantineMaxMs: 8_000 },
      clock: this.clock,
      random: seededRandom(1),
      schedulers: () => schedulers,
      peerFailures: (address) => peers.failures(address),
      isDoubtful: () => false,
      onGood: () => {},
      onTransition: () => {},
      onFailure: () => {},
    });
    const shared = new SharedSignals({
      localId: id,
      store: { change: async (changes) => this.#deliver(id, changes) },
      signals,
      peers,
      isInPool: (address) => address === bad || address === well,
      random: seededRandom(2),
      clock: this.clock,
      onUnreadable: (key) => this.unreadable.push(key),
    });
    return { signals, shared };
  }

  #deliver(id: string, changes: readonly RecordChange[]): void {
    this.writes += 1;
    for (const change of changes) {
      if (change.kind !== 'put') continue;
      const { value } = change;
      this.clock.after(this.deliveryMs, () => {
        for (const { shared } of this.#members.values()) shared.onPut(id, value);
      });
    }
  }

  #member(id: string): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new Error(`there is no instance ${id}`);
    return member;
  }
}
