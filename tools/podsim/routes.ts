import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Api, parseCompletionRequest } from './completionRequest.ts';
import { type PodFault, parsePodFault, parseRequestFault } from './faults.ts';
import { addMetricsRoutes } from './metricsRoutes.ts';
import { openAiError } from './openAiError.ts';
import type { SimulatedPod } from './simulatedPod.ts';

/** As inference servers report an error in a stream that has begun. */
const errorEvent = `data: ${JSON.stringify(openAiError(500, 'requested by a fault'))}\n\ndata: [DONE]\n\n`;

/** The HTTP routes: the OpenAI API, health, metrics, and /podsim/ for tests. */
export function addRoutes(
  app: FastifyInstance,
  pod: SimulatedPod,
  refuse: (fault: PodFault, requester: Socket) => void,
): void {
  const { id, model, strictModel } = pod.traits;

  // Completions set their own headers; every other response gets these.
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-podsim-id', id);
    if (pod.isStopping) reply.header('connection', 'close');
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    const hint = status === 415 ? ': send content-type: application/json' : '';
    return reply.code(status).send(openAiError(status, error.message + hint));
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(openAiError(404, `there is no ${request.method} ${request.url}`)),
  );

  app.post('/v1/chat/completions', (request, reply) => complete('chat', request, reply));
  app.post('/v1/completions', (request, reply) => complete('text', request, reply));
  app.get('/v1/models', async () => ({
    object: 'list',
    data: [
      { id: model, object: 'model', created: 0, owned_by: 'podsim' },
      ...pod.adapters.names.map((name) => ({
        id: name,
        object: 'model',
        created: 0,
        owned_by: 'podsim',
        parent: model,
      })),
    ],
  }));

  app.get('/health', async (_request, reply) => {
    const { kind, healthFails, healthAfterMs } = pod.faults.current;
    if (healthAfterMs > 0) await sleep(healthAfterMs, undefined, { ref: false });
    if (healthFails && kind === 'hang') return reply.hijack();
    const isHealthy = !healthFails && !pod.isStopping;
    return reply.code(isHealthy ? 200 : 503).send({ status: isHealthy ? 'ok' : 'unhealthy' });
  });
  addMetricsRoutes(app, pod);

  app.get('/podsim/state', async () => pod.state());
  // The headers of a request as they arrive here.
  app.get('/podsim/headers', async (request) => request.headers);
  app.get('/podsim/fault', async () => formatFault(pod.faults.current));
  app.post('/podsim/fault', async (request, reply) => {
    const read = parsePodFault(request.body);
    if (read.kind === 'invalid') return reply.code(400).send(openAiError(400, read.problem));
    const { fault } = read;
    if (fault.kind === 'refuse') {
      reply.header('connection', 'close');
      refuse(fault, request.raw.socket);
    } else {
      pod.faults.set(fault);
    }
    return formatFault(fault);
  });

  function complete(api: Api, request: FastifyRequest, reply: FastifyReply): void {
    const header = request.headers['x-podsim-fault'];
    const read =
      header === undefined
        ? { kind: 'fault' as const, fault: pod.faults.current.requests }
        : parseRequestFault(String(header));
    if (read.kind === 'invalid') return void reply.code(400).send(openAiError(400, read.problem));
    const { fault } = read;
    switch (fault.kind) {
      case 'refuse':
        reply.hijack();
        request.raw.socket.resetAndDestroy();
        return;
      case 'error':
        reply.code(fault.status).send(openAiError(fault.status, 'requested by a fault'));
        return;
      case 'close':
        reply.hijack();
        request.raw.socket.destroy();
        return;
      case 'empty':
        reply.code(200).header('content-type', 'text/event-stream').send('');
        return;
      case 'error-event':
        reply.code(200).header('content-type', 'text/event-stream').send(errorEvent);
        return;
      case 'cut-at-once':
        reply.hijack();
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'x-podsim-id': id });
        reply.raw.flushHeaders();
        // A turn later, so that the headers are sent before the connection closes.
        setImmediate(() => request.raw.socket.destroySoon());
        return;
      case 'none':
      case 'hang':
      case 'cut':
        break;
      default:
        fault satisfies never;
        return;
    }
    const body = parseCompletionRequest(request.body, api);
    if (body.kind === 'problem') {
      const { message, param } = body;
      return void reply.code(400).send(openAiError(400, message, { param }));
    }
    const requestedModel = body.request.model;
    if (pod.isTooLong(body.request)) {
      const problem = openAiError(
        400,
        'prompt and response together are longer than the context of the model',
      );
      return void reply.code(400).send(problem);
    }
    const isServed = requestedModel === model || pod.adapters.names.includes(requestedModel ?? model);
    if (strictModel && !isServed) {
      const problem = openAiError(
        404,
        `the model ${JSON.stringify(requestedModel)} does not exist; this pod serves ${model}`,
        {
          param: 'model',
          code: 'model_not_found',
        },
      );
      return void reply.code(404).send(problem);
    }
    reply.hijack();
    pod.respond(api, body.request, fault, reply.raw);
  }
}

function formatFault({ kind, requests, healthFails, healthAfterMs, forMs }: PodFault) {
  return {
    kind,
    health: !healthFails,
    ...(requests.kind === 'error' && { status: requests.status }),
    ...(requests.kind === 'cut' && { afterTokens: requests.afterTokens }),
    ...(healthAfterMs > 0 && { afterMs: healthAfterMs }),
    ...(forMs !== undefined && { forMs }),
  };
}
