import { performance } from 'node:perf_hooks';
import { DecisionRecorder } from '../../src/extproc/decisionRecorder.ts';
import { extprocMetrics } from '../../src/extproc/metrics.ts';
import type { Decision } from '../../src/scheduling/scheduler.ts';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { medianMicros, print } from './time.ts';

/**
 * The cost of telemetry per request without tracing: metrics, a log line that is not written, no
 * span.
 */
const telemetry = await startTelemetry({ logLevel: 'info', instance: { id: 'bench', release: '0' } });
const decision: Decision = {
  kind: 'route',
  endpoint: { address: '10.0.0.1:8000', weight: 1, labels: {}, models: [] },
  alternates: [],
  policy: 'least-request',
  candidates: 3,
  reservation: { address: '10.0.0.1:8000', move() {}, release() {} },
};
const recorder = new DecisionRecorder({
  ...telemetry,
  metrics: telemetry.instruments(extprocMetrics),
  defaultPolicy: () => 'least-request',
  onUnexpectedError: () => {},
  onSlow: () => {},
});
/** Many in one step, so that the cost per batch is included. */
const requests = 1024;
const micros = medianMicros(() => {
  for (let i = 0; i < requests; i += 1) {
    recorder.decided({}, decision, performance.now());
    recorder.ended('end');
  }
});
print('telemetry of a request, no tracing', micros / requests, 'µs');
await telemetry.stop();
