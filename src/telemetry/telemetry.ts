import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics';
import { createInstruments, type Declarations, type Instruments } from './instruments.ts';
import { LineSink } from './lineSink.ts';
import type { Log, LogLevel } from './log.ts';
import { createLog } from './logger.ts';
import type { GaugeMetric } from './metric.ts';
import { MetricExport } from './metricExport.ts';
import { passiveReader } from './metricReader.ts';
import { telemetryGauges } from './metrics.ts';
import { noTrace, type ScheduleTrace } from './scheduleTrace.ts';

/** How long the end of the process waits for a reader of the log that does not read. */
const lastLinesMs = 1_000;
/** Room for every endpoint of a large pool; OpenTelemetry adds up what is beyond it. */
const maxSeries = 20_000;

export interface TelemetryOptions {
  readonly logLevel: LogLevel;
  /** Base URL of an OTLP/HTTP receiver; without it nothing is sent anywhere. */
  readonly otlpEndpoint?: string;
  readonly instance: { readonly id: string; readonly release: string };
  /** Where log lines go: standard output unless given. */
  readonly logFd?: number;
}

export interface Telemetry {
  readonly log: Log;
  readonly trace: ScheduleTrace;
  readonly setLogLevel: (level: LogLevel) => void;
  /** The exported instruments of a folder's declarations. To be called once for each folder. */
  instruments<Declared extends Declarations>(declared: Declared): Instruments<Declared>;
  /** @param read called once each time the metrics are read: as a rule the function that `/state` answers with */
  observe<State>(read: () => State, gauges: readonly GaugeMetric<State>[]): void;
  /** All metrics in Prometheus' text format, version 0.0.4. */
  metricsText(): Promise<string>;
  /** Sends and writes what waits, then no more of metrics and spans. Never rejects; twice is once. */
  stop(): Promise<void>;
}

/** Logs and metrics at once; OTLP when, and only when, an endpoint is configured. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { logLevel, otlpEndpoint: endpoint, logFd = 1 } = options;
  const { id, release } = options.instance;
  const sink = new LineSink({ fd: logFd });
  const log = createLog({ level: logLevel, base: { instance: id, release }, sink });

  const otlp =
    endpoint === undefined
      ? undefined
      : (await import('./otlp.ts')).startOtlp({ endpoint, instance: id, release, log });
  const reader = otlp?.metricReader ?? passiveReader();
  const provider = new MeterProvider({
    readers: [reader],
    views: [{ instrumentName: '*', aggregationCardinalityLimit: maxSeries }],
    ...(otlp !== undefined && { resource: otlp.resource }),
  });
  const metrics = new MetricExport(provider.getMeter('baton'));
  metrics.gauges(() => options.instance, telemetryGauges);

  const stopOnce = async (): Promise<void> => {
    await Promise.all([
      otlp?.stop(),
      provider.shutdown().catch((cause) => log.warn({ cause }, 'the last metrics could not be sent')),
    ]);
    if (sink.dropped > 0) log.warn({ lines: sink.dropped }, 'log lines were lost: their reader was too slow');
    await sink.flush(lastLinesMs);
    sink.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    log,
    trace: otlp?.trace ?? noTrace,
    setLogLevel: (level) => {
      log.level = level;
    },
    instruments: (declared) => createInstruments(declared, metrics),
    observe: (read, gauges) => metrics.gauges(read, gauges),
    metricsText: () => prometheusText(reader),
    stop: () => {
      stopped ??= stopOnce();
      return stopped;
    },
  };
}

async function prometheusText(reader: IMetricReader): Promise<string> {
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length > 0) throw new AggregateError(errors, 'the metrics could not be read');
  return new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics);
}
