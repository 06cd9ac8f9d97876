import type { InstanceState } from '../../src/admin/state.ts';
import type { SseCounts } from '../testbed/sseCounter.ts';

/**
 * The load and the state of each instance over time, sampled by the caller. Columns, not rows, so
 * that a long timeline is small as JSON. Pure: no clock of its own.
 */
export interface Timeline {
  /** Since the start, increasing. All columns have this length. */
  readonly atMs: readonly number[];
  readonly load: LoadColumns;
  readonly instances: readonly InstanceTimeline[];
}

/** Totals up to each sample; inFlight: at the sample. */
export type LoadColumns = Readonly<Record<LoadColumn, readonly number[]>>;

export interface InstanceTimeline {
  readonly name: string;
  readonly spans: readonly PhaseSpan[];
  /** Its local requests in flight; null while it does not answer. */
  readonly local: readonly (number | null)[];
  /** Requests in flight through all instances, in its view. */
  readonly view: readonly (number | null)[];
  /**
   * Age of its view: the time since its watch failed, or, while it watches, how long its last write
   * took to come back. null while it has no view.
   */
  readonly viewAgeMs: readonly (number | null)[];
}

/** A period without a change of phase or release. */
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

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
interface MutableInstanceTimeline {
  readonly name: string;
  readonly spans: Mutable<PhaseSpan>[];
  readonly local: (number | null)[];
  readonly view: (number | null)[];
  readonly viewAgeMs: (number | null)[];
}

export class TimelineRecorder {
  readonly #atMs: number[] = [];
  readonly #load: Record<LoadColumn, number[]> = { sent: [], ok: [], failed: [], cut: [], inFlight: [] };
  readonly #instances: readonly MutableInstanceTimeline[];

  constructor(instanceNames: readonly string[]) {
    this.#instances = instanceNames.map((name) => ({ name, spans: [], local: [], view: [], viewAgeMs: [] }));
  }

  /**
   * Adds a sample. States in the order of the instances; undefined for one that does not answer.
   */
  sample(atMs: number, counts: SseCounts, states: readonly (InstanceState | undefined)[]): void {
    this.#atMs.push(atMs);
    for (const column of loadColumns) this.#load[column].push(counts[column]);
    for (const [index, lane] of this.#instances.entries()) addSample(lane, atMs, states[index]);
  }

  timeline(): Timeline {
    return structuredClone({ atMs: this.#atMs, load: this.#load, instances: this.#instances });
  }
}

function addSample(lane: MutableInstanceTimeline, atMs: number, state: InstanceState | undefined): void {
  lane.local.push(state ? total(state, 'local') : null);
  lane.view.push(state ? total(state, 'view') : null);
  const { phase = 'down', release = '', generation = null } = state?.instance ?? {};
  lane.viewAgeMs.push(phase === 'starting' ? null : viewAge(state));

  const current = lane.spans.at(-1);
  if (current) current.toMs = atMs;
  const isSame =
    current && current.phase === phase && current.release === release && current.generation === generation;
  if (!isSame) lane.spans.push({ fromMs: atMs, toMs: atMs, phase, release, generation });
}

function viewAge(state: InstanceState | undefined): number | null {
  const { viewAgeMs = null, syncLagMs = null } = state?.store ?? {};
  return viewAgeMs === null ? null : tenths(Math.max(viewAgeMs, syncLagMs?.last ?? 0));
}

function total(state: InstanceState, count: 'local' | 'view'): number {
  return tenths(state.pool.reduce((sum, endpoint) => sum + endpoint[count], 0));
}

/** Tenths are precise enough, and short as JSON. */
function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}
