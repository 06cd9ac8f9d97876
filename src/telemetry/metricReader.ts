import {
  AggregationTemporality,
  type IMetricReader,
  InstrumentType,
  MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';

/**
 * The one reader of the metrics. One, because a second reader that nobody asks piles up everything the
 * first one collects: so the same reader answers /metrics and feeds OTLP.
 *
 * Counters add up; gauges show the moment and nothing older, or an endpoint that left the pool would be
 * reported for ever.
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

/** Reads only when asked. */
export function passiveReader(): IMetricReader {
  return new PassiveReader();
}

/** Reads when asked, and every `intervalMs` for the exporter. */
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
