import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics';
import { policyNames } from '../scheduling/policy.ts';
import { perEndpointGauges } from './gauges.ts';
import { LineSink } from './lineSink.ts';
import type { Log, LogLevel } from './log.ts';
import { createLog } from './logger.ts';
import { passiveReader } from './metricReader.ts';
import type { Metrics } from './metrics.ts';
import { OtelMetrics } from './otelMetrics.ts';
import { noTrace, type ScheduleTrace } from './scheduleTrace.ts';

/** How long the end of the process waits for a reader of the log that does not read. */
const lastLinesMs = 1_000;
/** Room for every endpoint of a large pool; what is beyond it is summed up by OpenTelemetry. */
const maxEndpointSeries = 20_000;

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
  readonly metrics: Metrics;
  readonly trace: ScheduleTrace;
  readonly setLogLevel: (level: LogLevel) => void;
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
    views: perEndpointGauges.map((instrumentName) => ({
      instrumentName,
      aggregationCardinalityLimit: maxEndpointSeries,
    })),
    ...(otlp !== undefined && { resource: otlp.resource }),
  });
  const meter = provider.getMeter('baton');
  meter
    .createObservableGauge('baton_info', { description: 'Always 1; the labels say who and what this is' })
    .addCallback((observed) => observed.observe(1, { id, release }));

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
    metrics: new OtelMetrics(meter, policyNames),
    trace: otlp?.trace ?? noTrace,
    setLogLevel: (level) => {
      log.level = level;
    },
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
