import type {
  Attributes,
  Histogram,
  Meter,
  MetricOptions,
  ObservableCounter,
  ObservableGauge,
} from '@opentelemetry/api';
import { BatchedHistogram } from './batchedHistogram.ts';
import type { Exemplars } from './exemplars.ts';
import type { LabelledCounter } from './labelledCounter.ts';
import type { CounterMetric, GaugeMetric, HistogramMetric, Label, SeriesMetric } from './metric.ts';
import { labelText } from './prometheusText.ts';

/** Labels with one value, of all that is exported together. */
export type FixedLabels = Readonly<Record<string, string>>;

/**
 * Exports instruments and gauges through one of OpenTelemetry's meters. What is exported with
 * several sets of fixed labels is one metric.
 */
export class MetricExport {
  readonly #meter: Meter;
  /** By name and labels, as in Prometheus' text. */
  readonly #histograms = new Map<string, BatchedHistogram>();
  readonly #exported = new Map<string, ObservableCounter | ObservableGauge | Histogram>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  counter(
    { name, means, labels }: CounterMetric,
    instrument: Pick<LabelledCounter, 'entries'>,
    fixed: FixedLabels = {},
  ): void {
    const create = (): ObservableCounter => this.#meter.createObservableCounter(name, { description: means });
    this.#once(name, create).addCallback((observed) => {
      for (const [count, ...values] of instrument.entries())
        observed.observe(count, attributes(labels, values, fixed));
    });
  }

  histogram({ name, means, unit, buckets }: HistogramMetric, fixed: FixedLabels = {}): BatchedHistogram {
    const advice = { explicitBucketBoundaries: [...buckets] };
    const create = (): Histogram => this.#meter.createHistogram(name, { description: means, unit, advice });
    const made = new BatchedHistogram(buckets, this.#once(name, create), fixed);
    this.#histograms.set(`${name}{${labelText(fixed)}}`, made);
    return made;
  }

  /** By the name and the labels of the histogram: `name{label="value"}`. */
  exemplars(): ReadonlyMap<string, Exemplars> {
    return new Map([...this.#histograms].map(([series, { exemplars }]) => [series, exemplars]));
  }

  /** @param read called once each time the metrics are read */
  gauges<State>(read: () => State, gauges: readonly GaugeMetric<State>[], fixed: FixedLabels = {}): void {
    const exported = gauges.map((metric) => ({ ...metric, observable: this.#gauge(metric) }));
    this.#meter.addBatchObservableCallback(
      (observed) => {
        // Callbacks run before histograms are read.
        for (const each of this.#histograms.values()) each.flush();
        const state = read();
        for (const { read: valuesOf, labels, observable } of exported) {
          const values = valuesOf(state);
          if (typeof values === 'number') observed.observe(observable, values, fixed);
          else if (values !== null) {
            for (const [value, ...names] of values)
              observed.observe(observable, value, attributes(labels, names, fixed));
          }
        }
      },
      exported.map(({ observable }) => observable),
    );
  }

  /**
   * Exports gauges with one series for each item, for lists up to `mostItems`: OpenTelemetry reads
   * and writes all of them in one turn of the event loop.
   */
  series<Item>(
    items: () => Iterable<Item>,
    metrics: readonly SeriesMetric<Item>[],
    mostItems: number,
    fixed: FixedLabels = {},
  ): void {
    const exported = metrics.map((metric) => ({ ...metric, observable: this.#gauge(metric) }));
    this.#meter.addBatchObservableCallback(
      (observed) => {
        const listed = [...items()];
        if (listed.length > mostItems) return;
        for (const { of, labels, observable } of exported) {
          for (const item of listed) {
            const [value, label] = of(item);
            observed.observe(observable, value, attributes(labels, [label], fixed));
          }
        }
      },
      exported.map(({ observable }) => observable),
    );
  }

  #gauge({ name, ...described }: GaugeMetric<never> | SeriesMetric<never>): ObservableGauge {
    return this.#once(name, () => this.#meter.createObservableGauge(name, optionsOf(described)));
  }

  /** A metric is declared once, so what has its name is of its kind. */
  #once<Made extends ObservableCounter | ObservableGauge | Histogram>(
    name: string,
    create: () => Made,
  ): Made {
    const made = (this.#exported.get(name) as Made | undefined) ?? create();
    this.#exported.set(name, made);
    return made;
  }
}

function optionsOf({ means, unit }: { means: string; unit?: string }): MetricOptions {
  return unit === undefined ? { description: means } : { description: means, unit };
}

function attributes(labels: readonly Label[], values: readonly string[], fixed: FixedLabels): Attributes {
  return { ...Object.fromEntries(labels.map(({ name }, index) => [name, values[index]])), ...fixed };
}
