import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import type { EngineReadings } from '../../../src/scheduling/engineReading.ts';
import type { Random } from '../../../src/scheduling/load.ts';
import type { EnginePreset } from '../../podsim/engine/enginePresets.ts';
import { InferencePod } from '../../podsim/engine/inferencePod.ts';
import { seededRandom } from '../seededRandom.ts';
import { SimulatedStore } from '../simulatedStore.ts';
import { VirtualClock } from '../virtualClock.ts';
import { EngineReports } from './engineReports.ts';
import type { FleetConditions } from './fleetConditions.ts';
import { PlacementLogs } from './placementLogs.ts';

/** Mean latency of a write to etcd, and of a change to a watcher. */
const hopMs = 8;

export interface InferenceFleetOptions {
  readonly engine: EnginePreset;
  readonly pods: number;
  readonly seed: number;
  readonly conditions: FleetConditions;
}

/** The pods of a run, and how its instances reach each other. */
export class InferenceFleet {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly engine: EnginePreset;
  readonly pods: readonly InferencePod[];
  readonly endpoints: readonly Endpoint[];
  readonly store: SimulatedStore;
  readonly placements: PlacementLogs;
  readonly conditions: FleetConditions;
  #readings: EngineReports | undefined;

  constructor({ engine, pods, seed, conditions }: InferenceFleetOptions) {
    const { clock } = this;
    this.random = seededRandom(seed + 1_000_003);
    this.engine = engine;
    this.conditions = conditions;
    this.pods = Array.from({ length: pods }, (_, index) => {
      const slowness = index < (conditions.slowPods ?? 0) ? 2 : 1;
      return new InferencePod(slowed(engine, slowness), clock);
    });
    this.endpoints = this.pods.map((_, index) => ({
      address: `10.0.${index >> 8}.${index & 255}:8000`,
      weight: 1,
      labels: {},
      models: [],
    }));
    this.store = new SimulatedStore({ clock, random: this.random, hopMs, loss: 0 });
    const { indexMs } = conditions;
    this.placements = new PlacementLogs({
      clock,
      intervalMs: indexMs,
      delayMs: 2 * hopMs,
    });
  }

  /** What the engines say of themselves; they are asked from the first call on. */
  get readings(): EngineReadings {
    this.#readings ??= new EngineReports({
      pods: new Map(this.endpoints.map(({ address }, index) => [address, this.pods[index] as InferencePod])),
      clock: this.clock,
      random: this.random,
      delayMs: 2 * hopMs,
      away: this.conditions.readingsAway,
    });
    return this.#readings;
  }
}

function slowed(engine: EnginePreset, slowness: number): EnginePreset {
  const { baseMs, perTokenMs, perKvTokenMs, perSequenceMs } = engine;
  return {
    ...engine,
    baseMs: baseMs * slowness,
    perTokenMs: perTokenMs * slowness,
    perKvTokenMs: perKvTokenMs * slowness,
    perSequenceMs: perSequenceMs * slowness,
  };
}
