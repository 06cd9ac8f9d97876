import {
  AggregationTemporality,
  type IMetricReader,
  InstrumentType,
  MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';

/**
 * The single reader of the metrics: it answers /metrics and feeds OTLP. A second reader that is
 * never read would accumulate everything that the first one collects.
 *
 * Counters are cumulative. Gauges keep no earlier values, so an endpoint that left the pool is not
 * reported.
 */
const temporality = (type: InstrumentType): AggregationTemporality =>
  type === InstrumentType.OBSERVABLE_GAUGE ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;

class PassiveReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: temporality });
  }
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Reads only when `collect` is called. */
export function passiveReader(): IMetricReader {
  return new PassiveReader();
}

/** Reads when `collect` is called, and every `intervalMs` for the exporter. */
export function exportingReader(exporter: PushMetricExporter, intervalMs: number): IMetricReader {
  return new PeriodicExportingMetricReader({
    exporter: {
      export: (metrics, done) => exporter.export(metrics, done),
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
      selectAggregationTemporality: temporality,
    },
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(intervalMs, 10_000),
  });
}
