import type { InstanceState } from '../admin/state.ts';
import type { SseCounts } from './sseTally.ts';

/**
 * What a rehearsal looked like over time: the load's counts and each instance's own word, sampled at moments
 * that the caller chooses. Columns, not rows, so that a long one stays small as JSON. Pure: no clock of its own.
 */
export interface Timeline {
  /** Since the rehearsal began, rising. All columns are as long as this one. */
  readonly atMs: readonly number[];
  readonly load: LoadColumns;
  readonly instances: readonly InstanceLane[];
}

/** Totals up to each moment; inFlight: at that moment. */
export type LoadColumns = Readonly<Record<LoadColumn, readonly number[]>>;

export interface InstanceLane {
  readonly name: string;
  readonly spans: readonly PhaseSpan[];
  /** Its own requests in flight; null while it does not answer. */
  readonly own: readonly (number | null)[];
  /** Everybody's, as it sees them. */
  readonly view: readonly (number | null)[];
  /** How old its view is; null where there is none, or none to decide on yet. */
  readonly viewAgeMs: readonly (number | null)[];
}

/** A time without a change of phase or release. */
export interface PhaseSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** A phase, or `down` while it does not answer. */
  readonly phase: string;
  readonly release: string;
  readonly generation: number | null;
}

const loadColumns = ['sent', 'ok', 'failed', 'cut', 'inFlight'] as const;
type LoadColumn = (typeof loadColumns)[number];

type Growing<T> = { -readonly [Key in keyof T]: T[Key] };
interface GrowingLane {
  readonly name: string;
  readonly spans: Growing<PhaseSpan>[];
  readonly own: (number | null)[];
  readonly view: (number | null)[];
  readonly viewAgeMs: (number | null)[];
}

export class TimelineRecorder {
  readonly #atMs: number[] = [];
  readonly #load: Record<LoadColumn, number[]> = { sent: [], ok: [], failed: [], cut: [], inFlight: [] };
  readonly #instances: readonly GrowingLane[];

  constructor(instanceNames: readonly string[]) {
    this.#instances = instanceNames.map((name) => ({ name, spans: [], own: [], view: [], viewAgeMs: [] }));
  }

  /** One moment; the states in the order of the instances, undefined for one that does not answer. */
  sample(atMs: number, counts: SseCounts, states: readonly (InstanceState | undefined)[]): void {
    this.#atMs.push(atMs);
    for (const column of loadColumns) this.#load[column].push(counts[column]);
    for (const [index, lane] of this.#instances.entries()) addToLane(lane, atMs, states[index]);
  }

  timeline(): Timeline {
    return structuredClone({ atMs: this.#atMs, load: this.#load, instances: this.#instances });
  }
}

function addToLane(lane: GrowingLane, atMs: number, state: InstanceState | undefined): void {
  lane.own.push(state ? total(state, 'own') : null);
  lane.view.push(state ? total(state, 'view') : null);
  const { phase = 'down', release = '', generation = null } = state?.instance ?? {};
  lane.viewAgeMs.push(phase === 'starting' ? null : (state?.store.viewAgeMs ?? null));

  const current = lane.spans.at(-1);
  if (current) current.toMs = atMs;
  const isSame =
    current && current.phase === phase && current.release === release && current.generation === generation;
  if (!isSame) lane.spans.push({ fromMs: atMs, toMs: atMs, phase, release, generation });
}

function total(state: InstanceState, count: 'own' | 'view'): number {
  // Counts are whole except where a lost peer's fade; a tenth is more than anybody can see.
  return Math.round(10 * state.pool.reduce((sum, endpoint) => sum + endpoint[count], 0)) / 10;
}
