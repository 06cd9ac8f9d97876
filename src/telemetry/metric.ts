/**
 * How a metric is declared. Each folder that raises metrics has a `metrics.ts` with its
 * declarations; from them come the instruments that its code raises, what `/metrics` exports, and
 * docs/metrics.md.
 */

interface Metric {
  /** As OpenTelemetry has it; Prometheus adds `_total` to a counter. */
  readonly name: string;
  /** What it measures: one sentence, also shown as HELP by `/metrics`. */
  readonly means: string;
  /** Which values call for attention, and what they point at. */
  readonly worry: string;
}

/** One label and its possible values. A value never comes from a request. */
export interface Label<Value extends string = string> {
  readonly name: string;
  readonly values: readonly Value[];
  /** Replaces a value that is not listed. */
  readonly otherwise?: string;
  /** What its values are, where the configuration or the pool defines them. */
  readonly described?: string;
}

/** The parameters of an instrument with these labels, in their order. */
export type LabelValues<Labels extends readonly Label[]> = {
  readonly [Index in keyof Labels]: Labels[Index] extends Label<infer Value> ? Value : never;
};

export interface CounterMetric<Labels extends readonly Label[] = readonly Label[]> extends Metric {
  readonly type: 'counter';
  readonly labels: Labels;
}

export interface HistogramMetric extends Metric {
  readonly type: 'histogram';
  readonly labels: readonly [];
  readonly unit: string;
  readonly buckets: readonly number[];
}

/** A value, one per combination of labels, or null where there is nothing to report. */
export type GaugeValues = number | null | Iterable<readonly [value: number, ...labels: string[]]>;

export interface GaugeMetric<State> extends Metric {
  readonly type: 'gauge';
  readonly labels: readonly Label[];
  readonly unit?: string;
  /** Reads it from a report that `/state` shows too, so the two agree. */
  readonly read: (state: State) => GaugeValues;
}

/** A gauge with one series for each item of a list, which may be long. */
export interface SeriesMetric<Item> extends Metric {
  readonly type: 'gauge';
  readonly labels: readonly [Label];
  /** Its value, and that of its label. */
  readonly of: (item: Item) => readonly [value: number, label: string];
}

/** A label whose values are all known. Each of them is exported from the start. */
export function label<const Value extends string>(name: string, values: readonly Value[]): Label<Value> {
  return { name, values };
}

/**
 * The same, where code may pass a text of unknown origin: it counts as `otherwise` when it is not
 * listed.
 */
export function labelOr(name: string, values: readonly string[], otherwise: string): Label {
  return { name, values: [...values, otherwise], otherwise };
}

/** A label whose values are names from the configuration or the pool. */
export function openLabel(name: string, described: string): Label {
  return { name, values: [], described };
}

export function counter<const Labels extends readonly Label[]>(
  declared: Omit<CounterMetric<Labels>, 'type'>,
): CounterMetric<Labels> {
  return { type: 'counter', ...declared };
}

export function histogram(declared: Omit<HistogramMetric, 'type' | 'labels'>): HistogramMetric {
  return { type: 'histogram', labels: [], ...declared };
}

export function gauge<State>(declared: Omit<GaugeMetric<State>, 'type'>): GaugeMetric<State> {
  return { type: 'gauge', ...declared };
}

export function series<Item>(declared: Omit<SeriesMetric<Item>, 'type'>): SeriesMetric<Item> {
  return { type: 'gauge', ...declared };
}

/** Gauges of a report, as gauges of a state that holds it under this name. */
export function gaugesOf<const Name extends string, Report>(
  name: Name,
  gauges: readonly GaugeMetric<Report>[],
): readonly GaugeMetric<Readonly<Record<Name, Report>>>[] {
  return gauges.map((one) => ({ ...one, read: (state) => one.read(state[name]) }));
}
