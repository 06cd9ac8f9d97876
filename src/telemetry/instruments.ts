import { BatchedHistogram } from './batchedHistogram.ts';
import { LabelledCounter } from './labelledCounter.ts';
import type { CounterMetric, HistogramMetric } from './metric.ts';

/** What the code of a folder raises, by the names that the folder gives. */
export type Declarations = Readonly<Record<string, CounterMetric | HistogramMetric>>;

export type Instruments<Declared extends Declarations> = {
  readonly [Name in keyof Declared]: Declared[Name] extends CounterMetric<infer Labels>
    ? LabelledCounter<Labels>
    : BatchedHistogram;
};

/** Exports an instrument in the moment it is made. */
export interface InstrumentExporter {
  counter(metric: CounterMetric, instrument: Pick<LabelledCounter, 'entries'>): void;
  histogram(metric: HistogramMetric): BatchedHistogram;
}

/**
 * The instruments of these declarations. Raising one is synchronous, cheap, and never throws.
 *
 * @param exporter without it they count, and nothing exports them: as tests want it
 */
export function createInstruments<Declared extends Declarations>(
  declared: Declared,
  exporter?: InstrumentExporter,
): Instruments<Declared> {
  const made = Object.entries(declared).map(([name, metric]) => {
    if (metric.type === 'histogram')
      return [name, exporter?.histogram(metric) ?? new BatchedHistogram(metric.buckets)];
    const instrument = new LabelledCounter(metric.labels);
    exporter?.counter(metric, instrument);
    return [name, instrument];
  });
  return Object.fromEntries(made);
}
