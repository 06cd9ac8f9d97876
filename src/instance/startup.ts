import type { Readiness } from '../admin/state.ts';
import type { Clock } from '../clock.ts';
import { JudgingTimer } from '../judgingTimer.ts';
import type { Pool } from '../pool/pool.ts';
import type { Lifecycle } from './lifecycle.ts';
import { readinessOf } from './readiness.ts';
import type { SharedParts } from './sharedParts.ts';

export interface StartupOptions {
  readonly lifecycle: Lifecycle;
  readonly pool: Pool;
  readonly sharing: SharedParts;
  readonly storeWaitMs: number;
  readonly endpointWaitMs: number;
  /** Endpoints are registered in the store: the pool is unknown until that is joined. */
  readonly isPoolInStore: boolean;
  readonly clock: Clock;
  /** Those that leave phase `starting` in the same turn; default: this one alone. */
  readonly together?: () => readonly Startup[];
}

type Wait =
  | { readonly kind: 'not-started' }
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  | { readonly kind: 'over' };

/**
 * The way out of phase `starting`: to ready or standby, as soon as everything that is needed is
 * there.
 */
export class Startup {
  readonly #options: StartupOptions;
  #addresses: readonly string[] = [];
  #storeWait: Wait = { kind: 'not-started' };
  #endpointWait: Wait = { kind: 'not-started' };

  constructor(options: StartupOptions) {
    this.#options = options;
  }

  /** Where Envoy reaches this instance; empty before the port is bound. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  onListening(address: string): void {
    this.#addresses = [address];
    this.evaluate();
  }

  /** From now on the store has `storeWaitMs` to be joined. */
  startStoreWait(): void {
    this.#storeWait = this.#wait(this.#options.storeWaitMs, () => {
      this.#storeWait = { kind: 'over' };
    });
  }

  /** From now on an endpoint has `endpointWaitMs` to become ready. */
  startEndpointWait(): void {
    this.#endpointWait = this.#wait(this.#options.endpointWaitMs, () => {
      this.#endpointWait = { kind: 'over' };
    });
  }

  /** Moves to ready or standby when nothing is missing any more. */
  evaluate(): void {
    const all = this.#options.together?.() ?? [this];
    if (!all.every((one) => one.#isComplete)) return;
    for (const one of all) one.#begin();
  }

  get #isComplete(): boolean {
    return this.#options.lifecycle.phase === 'starting' && this.readiness().ready;
  }

  #begin(): void {
    const { lifecycle, sharing } = this.#options;
    this.stop();
    const role = sharing.kind === 'etcd' ? sharing.steering.begin() : { kind: 'serve' as const };
    if (role.kind === 'standby') lifecycle.moveTo('standby', role.reason);
    else lifecycle.moveTo('ready', ['startup complete', ...this.#missing()].join(' without '));
  }

  /** What is missing in phase `starting`; later, whether the phase is ready or standby. */
  readiness(): Readiness {
    const { isPoolInStore, lifecycle, pool, sharing } = this.#options;
    const { phase } = lifecycle;
    switch (phase) {
      case 'ready':
      case 'standby':
        return { ready: true, reasons: [] };
      case 'draining':
      case 'stopped':
        return { ready: false, reasons: [`the instance is ${phase}`] };
      case 'starting':
        return readinessOf({
          listening: this.#addresses.length > 0,
          store: sharing.kind === 'memory' ? 'none' : isDegraded(sharing) ? 'joining' : 'joined',
          storeWaitOver: this.#storeWait.kind === 'over',
          endpointWaitOver: this.#endpointWait.kind === 'over',
          poolListed: !isPoolInStore || !isDegraded(sharing),
          endpointsKnown: pool.all().length,
          endpointsReady: pool.ready().length,
        });
      default:
        return phase satisfies never;
    }
  }

  stop(): void {
    for (const wait of [this.#storeWait, this.#endpointWait]) if (wait.kind === 'waiting') wait.cancel();
  }

  #wait(durationMs: number, onOver: () => void): Wait {
    const over = (): void => {
      onOver();
      this.evaluate();
    };
    const timer = new JudgingTimer(durationMs, over, this.#options.clock);
    return { kind: 'waiting', cancel: () => timer.cancel() };
  }

  /** What the instance starts without. */
  #missing(): string[] {
    const { pool, sharing } = this.#options;
    const missing = isDegraded(sharing) ? ['the store'] : [];
    return pool.ready().length === 0 ? [...missing, 'a ready endpoint'] : missing;
  }
}

/** A store is configured but not joined: decisions use local state alone. */
export function isDegraded(sharing: SharedParts): boolean {
  return sharing.kind === 'etcd' && sharing.store.state.kind !== 'joined';
}
