import type { Readiness } from '../admin/state.ts';
import type { PoolConfig } from '../config/poolInheritance.ts';

/** What the first readiness of an instance depends on. */
export interface ReadinessInputs {
  /** The ext_proc port is bound. */
  readonly listening: boolean;
  /** Joined: lease granted, view loaded and followed. `none`: no store is configured. */
  readonly store: 'none' | 'joining' | 'joined';
  /** `startup.storeWaitMs` is over: the instance serves without the store. */
  readonly storeWaitOver: boolean;
  /** `startup.endpointWaitMs` is over: the instance serves without a ready endpoint. */
  readonly endpointWaitOver: boolean;
  /** Every source has given its list, so a pool that is empty is known to be. */
  readonly poolListed: boolean;
  readonly endpointsKnown: number;
  readonly endpointsReady: number;
}

/** Whether an instance in phase `starting` may become ready. */
export function readinessOf(inputs: ReadinessInputs): Readiness {
  const reasons: string[] = [];
  if (!inputs.listening) reasons.push('the ext_proc port is not bound yet');
  if (inputs.store === 'joining' && !inputs.storeWaitOver) {
    reasons.push('the shared store is not joined yet: no lease, or the view is not loaded');
  }
  if (inputs.endpointsReady === 0 && !inputs.poolListed) {
    reasons.push('the registered endpoints have not been read yet');
  } else if (inputs.endpointsReady === 0 && !inputs.endpointWaitOver) {
    reasons.push(
      inputs.endpointsKnown === 0
        ? 'no endpoint is known'
        : `none of ${inputs.endpointsKnown} endpoints has passed its health probe`,
    );
  }
  return { ready: reasons.length === 0, reasons };
}

/** Of an instance: it is ready when all its pools are. */
export function instanceReadiness(
  pools: readonly { readonly config: PoolConfig; readonly startup: { readiness(): Readiness } }[],
): Readiness {
  const all = pools.map(({ config, startup }) => {
    const { ready, reasons } = startup.readiness();
    const of = pools.length > 1 ? `pool ${config.pool.name}: ` : '';
    return { ready, reasons: reasons.map((reason) => of + reason) };
  });
  return { ready: all.every(({ ready }) => ready), reasons: all.flatMap(({ reasons }) => reasons) };
}
