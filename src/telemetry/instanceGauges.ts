import type { Phase } from '../phase.ts';

/**
 * What the gauges show, read each time the metrics are read and at no other time. It is the part of the
 * admin port's `InstanceState` that changes, so one function serves both and their numbers agree.
 */
export interface InstanceGauges {
  readonly instance: { readonly phase: Phase; readonly generation: number; readonly degraded: boolean };
  readonly store: {
    readonly leaseHeld: boolean;
    /** null when the view is always current (no shared store). */
    readonly viewAgeMs: number | null;
  };
  readonly steering: {
    /** null when no generation is known to serve, or pinned. */
    readonly servingGeneration: number | null;
    readonly pinnedGeneration: number | null;
  };
  /** What those who left have left behind. */
  readonly handoffs: readonly { readonly counted: number }[];
  /** Other instances that are known to live. */
  readonly peers: readonly unknown[];
  readonly pool: readonly {
    readonly address: string;
    readonly ready: boolean;
    /** This instance's own requests in flight, and everybody's. */
    readonly local: number;
    readonly view: number;
  }[];
  readonly streams: { readonly open: number };
  /** ageMs: since the consistency check last compared everything; null before it did. */
  readonly consistency: { readonly ageMs: number | null };
  /** null when no drain is going on. */
  readonly drain: {
    readonly open: number;
    readonly finished: number;
    readonly halfClosed: number;
    readonly handedOff: number;
  } | null;
}
