import type { Clock } from '../clock.ts';
import type { PodFailure } from './failure.ts';
import type { HealthTransition } from './podHealth.ts';

export interface SignalSettings {
  /** One of so many requests to a pod has its response headers watched; 0: none. */
  readonly sampleOneIn: number;
  readonly quarantineBaseMs: number;
  readonly quarantineMaxMs: number;
}

export interface PodSignalsOptions {
  readonly settings: SignalSettings;
  readonly clock: Clock;
  /** Within [0, 1). */
  readonly random: () => number;
  /** How many schedulers place requests at the same time, this one included. */
  readonly schedulers: () => number;
  /** Recent failures of a pod that other instances have observed. */
  readonly peerFailures: (address: string) => number;
  /** Its last probe failed: whether it answers requests decides, so its responses are watched. */
  readonly isDoubtful: (address: string) => boolean;
  /** A request that was placed at `startMs` was answered well. */
  readonly onGood: (address: string, startMs: number) => void;
  readonly onTransition: (transition: HealthTransition) => void;
  readonly onFailure: (failure: PodFailure) => void;
}
