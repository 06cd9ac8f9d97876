import {
  instanceSeries,
  metricsOfPool,
  metricsOfProcess,
  poolStateGauges,
  processGauges,
} from '../../src/instance/instruments.ts';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { sampleState } from '../unit/admin/sampleState.ts';

/** The text of `/metrics` of an instance for which every metric has a value. */
export async function exportedMetrics(): Promise<string> {
  const telemetry = await startTelemetry({ logLevel: 'silent', instance: { id: 'a', release: '1' } });
  telemetry.instruments(metricsOfProcess);
  const metrics = telemetry.instruments(metricsOfPool);
  // Exported only when they have a value.
  metrics.syncLag.record(0.001);
  metrics.decisionDuration.record(0.001);
  metrics.reloadFailures.add('file pods.yaml');
  metrics.extensionErrors.add('acme/policy');
  const { instance, steering, consistency } = sampleState;
  const drain = {
    startedAt: instance.startedAt,
    open: 1,
    finished: 0,
    halfClosed: 0,
    handedOff: 0,
    graceLeftMs: 1,
  };
  const state = {
    ...sampleState,
    steering: { ...steering, pinnedGeneration: 1 },
    consistency: { ...consistency, ageMs: 1 },
    drain,
    endpoints: { ready: 1, unready: 1 },
    counted: { exact: 1, assumed: 0, reading: 1 },
    judged: { trusted: 1, suspected: 0, quarantined: 1, trial: 0 },
  };
  telemetry.observe(() => state, processGauges);
  telemetry.observe(() => state, poolStateGauges);
  telemetry.observeEach(() => sampleState.pool, instanceSeries);
  const text = [...(await telemetry.metricsText()).parts].join('');
  await telemetry.stop();
  return text;
}
