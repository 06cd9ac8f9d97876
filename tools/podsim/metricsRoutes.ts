import type { FastifyInstance } from 'fastify';
import { LaggingText, type MetricsFault, parseMetricsFault } from './metricsFault.ts';
import { metricsContentType, metricsText } from './metricsText.ts';
import { openAiError } from './openAiError.ts';
import type { SimulatedPod } from './simulatedPod.ts';

/** The metrics of the pod, and their faults. */
export function addMetricsRoutes(app: FastifyInstance, pod: SimulatedPod): void {
  let fault: MetricsFault = { kind: 'none' };
  let lagging = new LaggingText();
  let asked = 0;

  app.get('/metrics', async (_request, reply) => {
    asked += 1;
    if (fault.kind === 'hang') return reply.hijack();
    if (fault.kind === 'error') return reply.code(500).send(openAiError(500, 'requested by a fault'));
    reply.header('content-type', metricsContentType);
    const text = textOf(pod, fault);
    return fault.kind === 'lag' ? lagging.answer(text, performance.now(), fault.ms) : text;
  });
  // How often it was asked for its metrics.
  app.get('/podsim/metrics', async () => ({ asked, fault }));
  app.post('/podsim/metrics', async (request, reply) => {
    const given = parseMetricsFault(request.body);
    if (given === undefined) return reply.code(400).send(openAiError(400, 'no fault of metrics'));
    fault = given;
    lagging = new LaggingText();
    return { asked, fault };
  });
}

function textOf(pod: SimulatedPod, fault: MetricsFault): string {
  const { adapters, engine, slots, tokens, traits } = pod;
  const { served, ...state } = pod.state();
  const { running, waiting } = fault.kind === 'say' ? fault : state;
  return metricsText({
    model: traits.model,
    running,
    waiting,
    served,
    // Without an engine, each request uses the share of one slot.
    kvUse: engine ? engine.kvUse : slots.running / slots.size,
    queueTimes: pod.queueTimes.state(),
    firstTokenTimes: pod.firstTokenTimes.state(),
    tokens,
    cache: engine
      ? { blocks: engine.blocks, ...engine.counts }
      : { blocks: pod.cache.blocks, ...pod.cache.counts },
    adapters,
    startedAtSeconds: pod.startedUnixSeconds,
  });
}
