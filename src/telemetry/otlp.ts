import { DiagLogLevel, diag, type Tracer, trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';
import type { Log } from './log.ts';
import { exportingReader } from './metricReader.ts';
import { otelScheduleTrace } from './otelScheduleTrace.ts';
import { otlpUrl } from './otlpUrl.ts';
import type { ScheduleTrace } from './scheduleTrace.ts';

const metricIntervalMs = 15_000;
/** For one export. A receiver that does not answer delays the end of the process by this time. */
const exportTimeoutMs = 3_000;

export interface OtlpOptions {
  /** Base URL of an OTLP/HTTP receiver; `/v1/traces` and `/v1/metrics` are added to its path. */
  readonly endpoint: string;
  readonly instance: { readonly id: string; readonly release: string };
  readonly log: Log;
}

export interface Otlp {
  readonly trace: ScheduleTrace;
  readonly metricReader: IMetricReader;
  /** Names this instance in metrics as it does in spans. */
  readonly resource: resources.Resource;
  /** Sends the last spans. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Sends spans and metrics to an OTLP receiver, in JSON over HTTP. This module takes a quarter of a
 * second to load, so it is imported only when a receiver is configured.
 *
 * Everything that `OTEL_*` variables would define by default (detectors, samplers, propagators, log
 * and metric exporters) is set here. The libraries still read OTEL_EXPORTER_OTLP_HEADERS,
 * _COMPRESSION, _CERTIFICATE, _CLIENT_KEY and _CLIENT_CERTIFICATE (with their _TRACES_ and
 * _METRICS_ forms), which hold credentials; OTEL_SDK_DISABLED, which turns traces off; and limits
 * on attributes.
 */
export function startOtlp({ endpoint, instance, log }: OtlpOptions): Otlp {
  logLibraryProblems(log);
  const resource = resources.resourceFromAttributes({
    'service.name': 'baton',
    'service.instance.id': instance.id,
    'service.version': instance.release,
  });
  const spans = new tracing.BatchSpanProcessor(
    new OTLPTraceExporter({ url: otlpUrl(endpoint, 'traces'), timeoutMillis: exportTimeoutMs }),
    {
      maxQueueSize: 8192,
      maxExportBatchSize: 512,
      scheduledDelayMillis: 1000,
      exportTimeoutMillis: exportTimeoutMs,
    },
  );
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    // A request without a parent span starts a trace; with one, the parent's sampling flag decides.
    sampler: new tracing.ParentBasedSampler({ root: new tracing.AlwaysOnSampler() }),
    spanProcessors: [spans],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
    textMapPropagator: null,
  });
  sdk.start();
  const tracer: Tracer = trace.getTracer('baton', instance.release);
  const metricExporter = new OTLPMetricExporter({
    url: otlpUrl(endpoint, 'metrics'),
    timeoutMillis: exportTimeoutMs,
  });

  return {
    trace: otelScheduleTrace(tracer),
    resource,
    metricReader: exportingReader(metricExporter, metricIntervalMs),
    async stop() {
      await sdk.shutdown().catch((cause) => {
        log.warn({ event: 'otlp.spans-lost', cause }, 'the last spans could not be sent');
      });
      trace.disable();
      diag.disable();
    },
  };
}

/** Logs the libraries' warnings, such as a receiver that cannot be reached. */
function logLibraryProblems(log: Log): void {
  const warn = (message: string, ...details: unknown[]): void => {
    const detail = [message.slice(0, 500), ...details.map(String)];
    log.warn({ event: 'otlp.export-failed', detail }, 'OpenTelemetry reports a problem');
  };
  const ignore = (): void => {};
  const logger = { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
