import { DecisionRecorder, type DecisionRecorderOptions } from '../../src/extproc/decisionRecorder.ts';
import { type ExtprocMetrics, extprocMetrics } from '../../src/extproc/metrics.ts';
import { createInstruments } from '../../src/telemetry/instruments.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { noTrace } from '../../src/telemetry/scheduleTrace.ts';

/** Records decisions in these instruments, and nowhere else. */
export function recorderOf(
  metrics: ExtprocMetrics = createInstruments(extprocMetrics),
  options: Partial<DecisionRecorderOptions> = {},
): DecisionRecorder {
  return new DecisionRecorder({
    defaultPolicy: () => 'least-request',
    metrics,
    trace: noTrace,
    log: silentLog,
    onUnexpectedError: () => {},
    onSlow: () => {},
    ...options,
  });
}
