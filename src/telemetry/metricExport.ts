import type { Attributes, Meter, MetricOptions } from '@opentelemetry/api';
import { BatchedHistogram } from './batchedHistogram.ts';
import type { Exemplars } from './exemplars.ts';
import type { InstrumentExporter } from './instruments.ts';
import type { LabelledCounter } from './labelledCounter.ts';
import type { CounterMetric, GaugeMetric, HistogramMetric, Label, SeriesMetric } from './metric.ts';

/** Exports instruments and gauges through one of OpenTelemetry's meters. */
export class MetricExport implements InstrumentExporter {
  readonly #meter: Meter;
  readonly #histograms = new Map<string, BatchedHistogram>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  counter({ name, means, labels }: CounterMetric, instrument: Pick<LabelledCounter, 'entries'>): void {
    this.#meter.createObservableCounter(name, { description: means }).addCallback((observed) => {
      for (const [count, ...values] of instrument.entries())
        observed.observe(count, attributes(labels, values));
    });
  }

  histogram({ name, means, unit, buckets }: HistogramMetric): BatchedHistogram {
    const advice = { explicitBucketBoundaries: [...buckets] };
    const exported = this.#meter.createHistogram(name, { description: means, unit, advice });
    const made = new BatchedHistogram(buckets, exported);
    this.#histograms.set(name, made);
    return made;
  }

  /** By the name of the histogram. */
  exemplars(): ReadonlyMap<string, Exemplars> {
    return new Map([...this.#histograms].map(([name, { exemplars }]) => [name, exemplars]));
  }

  /** @param read called once each time the metrics are read */
  gauges<State>(read: () => State, gauges: readonly GaugeMetric<State>[]): void {
    const exported = gauges.map((metric) => ({
      ...metric,
      observable: this.#meter.createObservableGauge(metric.name, optionsOf(metric)),
    }));
    this.#meter.addBatchObservableCallback(
      (observed) => {
        // Callbacks run before histograms are read.
        for (const each of this.#histograms.values()) each.flush();
        const state = read();
        for (const { read: valuesOf, labels, observable } of exported) {
          const values = valuesOf(state);
          if (typeof values === 'number') observed.observe(observable, values);
          else if (values !== null) {
            for (const [value, ...names] of values)
              observed.observe(observable, value, attributes(labels, names));
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
  series<Item>(items: () => Iterable<Item>, metrics: readonly SeriesMetric<Item>[], mostItems: number): void {
    const exported = metrics.map((metric) => ({
      ...metric,
      observable: this.#meter.createObservableGauge(metric.name, optionsOf(metric)),
    }));
    this.#meter.addBatchObservableCallback(
      (observed) => {
        const listed = [...items()];
        if (listed.length > mostItems) return;
        for (const { of, labels, observable } of exported) {
          for (const item of listed) {
            const [value, label] = of(item);
            observed.observe(observable, value, attributes(labels, [label]));
          }
        }
      },
      exported.map(({ observable }) => observable),
    );
  }
}

function optionsOf({ means, unit }: { means: string; unit?: string }): MetricOptions {
  return unit === undefined ? { description: means } : { description: means, unit };
}

function attributes(labels: readonly Label[], values: readonly string[]): Attributes {
  return Object.fromEntries(labels.map(({ name }, index) => [name, values[index]]));
}
