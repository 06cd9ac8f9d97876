import { DiagLogLevel, diag, type Tracer, trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';
import type { Log } from './log.ts';
import { exportingReader } from './metricReader.ts';
import { otelScheduleTrace } from './otelScheduleTrace.ts';
import type { ScheduleTrace } from './scheduleTrace.ts';

/** How often metrics are pushed. */
const metricIntervalMs = 15_000;
/** What a receiver that does not answer may cost: the wait, at the end of the process too. */
const timeoutMs = 3_000;

export interface OtlpOptions {
  /** Base URL of an OTLP/HTTP receiver; `/v1/traces` and `/v1/metrics` are added. */
  readonly endpoint: string;
  readonly instance: string;
  readonly release: string;
  readonly log: Log;
}

export interface Otlp {
  readonly trace: ScheduleTrace;
  readonly metricReader: IMetricReader;
  /** Who sends, for the metrics to carry as well. */
  readonly resource: resources.Resource;
  /** Sends the spans that wait, then no more. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Sends spans and metrics to an OTLP receiver, in JSON over HTTP. Loaded only when one is configured: this
 * module takes a quarter of a second to load.
 *
 * Everything that would come from `OTEL_*` variables by default (detectors, samplers, propagators, log and
 * metric exporters) is given here explicitly. What the libraries still read is OTEL_EXPORTER_OTLP_HEADERS and
 * _COMPRESSION, _CERTIFICATE, _CLIENT_KEY and _CLIENT_CERTIFICATE (with their _TRACES_ and _METRICS_ forms),
 * which say how to be let in; OTEL_SDK_DISABLED, which turns traces off; and limits on attributes.
 */
export function startOtlp({ endpoint, instance, release, log }: OtlpOptions): Otlp {
  tellTroubles(log);
  const base = endpoint.replace(/\/+$/, '');
  const resource = resources.resourceFromAttributes({
    'service.name': 'baton',
    'service.instance.id': instance,
    'service.version': release,
  });
  const spans = new tracing.BatchSpanProcessor(
    new OTLPTraceExporter({ url: `${base}/v1/traces`, timeoutMillis: timeoutMs }),
    {
      maxQueueSize: 8192,
      maxExportBatchSize: 512,
      scheduledDelayMillis: 1000,
      exportTimeoutMillis: timeoutMs,
    },
  );
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    // Without a parent every decision is a trace; with one, its sampling holds.
    sampler: new tracing.ParentBasedSampler({ root: new tracing.AlwaysOnSampler() }),
    spanProcessors: [spans],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
    textMapPropagator: null,
  });
  sdk.start();
  const tracer: Tracer = trace.getTracer('baton', release);
  const metricExporter = new OTLPMetricExporter({ url: `${base}/v1/metrics`, timeoutMillis: timeoutMs });

  return {
    trace: otelScheduleTrace(tracer),
    resource,
    metricReader: exportingReader(metricExporter, metricIntervalMs),
    async stop() {
      await sdk.shutdown().catch((cause) => log.warn({ cause }, 'the last spans could not be sent'));
      trace.disable();
      diag.disable();
    },
  };
}

/** What the libraries complain of, such as a receiver that cannot be reached, goes to the log. */
function tellTroubles(log: Log): void {
  const warn = (message: string, ...details: unknown[]): void => {
    log.warn({ details: details.map(String) }, `OpenTelemetry: ${message.slice(0, 500)}`);
  };
  const silent = (): void => {};
  const logger = { error: warn, warn, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
