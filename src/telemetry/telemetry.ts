import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics';
import { createInstruments, type Declarations, type Instruments } from './instruments.ts';
import type { Log, LogLevel } from './log.ts';
import type { GaugeMetric, SeriesMetric } from './metric.ts';
import { type FixedLabels, MetricExport } from './metricExport.ts';
import { passiveReader } from './metricReader.ts';
import { telemetryGauges, telemetryMetrics } from './metrics.ts';
import { acceptsOpenMetrics, openMetricsEnd, openMetricsType, toOpenMetrics } from './openMetricsText.ts';
import { secretsOfOtlpUrl } from './otlpUrl.ts';
import { openProcessLog } from './processLog.ts';
import { seriesHead, seriesLines } from './prometheusText.ts';
import { noTrace, type ScheduleTrace } from './scheduleTrace.ts';

/** OpenTelemetry takes some 30 ms for the series of so many endpoints, all at once. */
const mostOtlpItems = 1_000;

export interface TelemetryOptions {
  readonly logLevel: LogLevel;
  /** Base URL of an OTLP/HTTP receiver. Without it nothing is sent. */
  readonly otlpEndpoint?: string;
  readonly instance: { readonly id: string; readonly release: string };
  /** The file descriptor of the log; standard output by default. */
  readonly logFd?: number;
}

export interface Telemetry {
  readonly log: Log;
  readonly trace: ScheduleTrace;
  setLogLevel(level: LogLevel): void;
  /** Creates and exports instruments. Call it once for each declaration and each set of labels. */
  instruments<Declared extends Declarations>(declared: Declared, labels?: FixedLabels): Instruments<Declared>;
  /** Exports gauges. `read` runs once each time the metrics are read. */
  observe<State>(read: () => State, gauges: readonly GaugeMetric<State>[], labels?: FixedLabels): void;
  /**
   * Exports gauges with one series for each item; over OTLP only up to 1,000 items. `items` runs
   * once for each gauge.
   */
  observeEach<Item>(
    items: () => Iterable<Item>,
    metrics: readonly SeriesMetric<Item>[],
    labels?: FixedLabels,
  ): void;
  /**
   * All metrics as text for Prometheus.
   *
   * @param accept the header; where decisions are traced, it may ask for OpenMetrics, which has
   *   their exemplars
   */
  metricsText(accept?: string): Promise<MetricsText>;
  /** Sends the last spans and metrics and writes the last log lines. Never rejects; idempotent. */
  stop(): Promise<void>;
}

export interface MetricsText {
  /** The content type. */
  readonly type: string;
  /** Those after the first are short, and are made when they are asked for. */
  readonly parts: Iterable<string>;
}

const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

/** Starts the log and the metrics of a process, and OTLP export where an endpoint is configured. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { logLevel, otlpEndpoint: endpoint, instance, logFd } = options;
  const processLog = openProcessLog({
    level: logLevel,
    instance,
    secrets: endpoint ? secretsOfOtlpUrl(endpoint) : [],
    ...(logFd !== undefined && { fd: logFd }),
  });
  const { log } = processLog;
  const otlp = endpoint && (await import('./otlp.ts')).startOtlp({ endpoint, instance, log });
  const reader = otlp ? otlp.metricReader : passiveReader();
  const provider = new MeterProvider({
    readers: [reader],
    ...(otlp && { resource: otlp.resource }),
  });
  const metrics = new MetricExport(provider.getMeter('baton'));
  metrics.gauges(() => instance, telemetryGauges);
  metrics.counter(telemetryMetrics.logLinesDropped, { entries: () => [[processLog.dropped()]] });

  const listed = new Map<string, Listed>();

  const stopOnce = async (): Promise<void> => {
    const exported = provider.shutdown().catch((cause) => {
      log.warn({ event: 'otlp.metrics-lost', cause }, 'the last metrics could not be sent');
    });
    await Promise.all([otlp ? otlp.stop() : undefined, exported]);
    await processLog.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    log,
    trace: otlp ? otlp.trace : noTrace,
    setLogLevel(level) {
      log.level = level;
    },
    instruments: (declared, labels) =>
      createInstruments(declared, {
        counter: (metric, instrument) => metrics.counter(metric, instrument, labels),
        histogram: (metric) => metrics.histogram(metric, labels),
      }),
    observe: (read, gauges, labels) => metrics.gauges(read, gauges, labels),
    observeEach(items, each, labels) {
      for (const metric of each) {
        const { lines = [] } = listed.get(metric.name) ?? {};
        const more = (): Iterable<string> => seriesLines(metric, items(), labels);
        listed.set(metric.name, { head: seriesHead(metric), lines: [...lines, more] });
      }
      if (otlp) metrics.series(items, each, mostOtlpItems, labels);
    },
    async metricsText(accept) {
      const text = await prometheusText(reader, listed);
      const isOpen = otlp && acceptsOpenMetrics(accept);
      const first = isOpen ? toOpenMetrics(text, metrics.exemplars()) : text;
      return {
        type: isOpen ? openMetricsType : prometheusType,
        parts: (function* () {
          yield first;
          for (const { head, lines } of listed.values()) {
            yield head;
            for (const each of lines) yield* each();
          }
          if (isOpen) yield openMetricsEnd;
        })(),
      };
    },
    stop() {
      stopped ??= stopOnce();
      return stopped;
    },
  };
}

/** A metric that is written here, line by line: one list for each set of labels. */
interface Listed {
  readonly head: string;
  readonly lines: readonly (() => Iterable<string>)[];
}

/** Of all but those that are listed. */
async function prometheusText(reader: IMetricReader, listed: ReadonlyMap<string, Listed>): Promise<string> {
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length > 0) throw new AggregateError(errors, 'the metrics could not be read');
  const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.filter(({ descriptor }) => !listed.has(descriptor.name)),
  }));
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  return serializer.serialize({ ...resourceMetrics, scopeMetrics });
}
