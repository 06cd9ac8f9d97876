import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { escapeControlsInLines } from '../controlCharacters.ts';
import { BatonError } from '../errors.ts';
import { splitHostPort, withPort } from '../hostPort.ts';
import type { LifeEvent } from './eventLog.ts';
import { guardRequests, type RequestGuard, serverLimits } from './guardRequests.ts';
import { jsonParts } from './jsonParts.ts';
import { slicedText } from './slicedText.ts';
import type { InstanceStateSource, Readiness } from './state.ts';

export interface AdminSources {
  /** Cheap: probes ask for it. */
  readonly readiness: () => Readiness;
  readonly state: () => InstanceStateSource;
  /** All metrics in Prometheus' text format; only the first part may be long. */
  readonly metricsText: () => Promise<Iterable<string>>;
  readonly events: { list(): readonly LifeEvent[] };
}

export interface AdminOptions extends AdminSources {
  /** `host:port`, IPv6 in brackets; port 0 takes a free one. */
  readonly address: string;
  /** Names by which clients may call it, beside that of `address`, IP addresses and localhost. */
  readonly allowedHosts: readonly string[];
}

export interface Admin {
  /** The address that is bound, `host:port`. */
  readonly address: string;
  /** Stops listening and closes every connection. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Opens the admin port: HTTP for probes of an orchestrator, for operators, and for Prometheus. It
 * only reads state and has no authentication, so it belongs on loopback or behind a network policy.
 * Its clients together take one slice of each turn of the event loop (slicedText.ts), however large
 * the pool is and however many they are (guardRequests.ts).
 *
 * @throws BatonError listen-failed, with the cause
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { host, port } = splitHostPort(options.address);
  const server = fastify({ forceCloseConnections: true, ...serverLimits });
  const guard = guardRequests(server, [host.toLowerCase(), ...options.allowedHosts]);
  addRoutes(server, guard, options);
  try {
    await server.listen({ host, port });
  } catch (cause) {
    await server.close();
    throw new BatonError('listen-failed', `the admin port cannot listen on ${options.address}`, { cause });
  }
  const bound = server.server.address();
  let closed: Promise<void> | undefined;
  return {
    address: withPort(options.address, typeof bound === 'object' && bound !== null ? bound.port : port),
    stop() {
      closed ??= Promise.resolve(server.close());
      return closed;
    },
  };
}

function addRoutes(server: FastifyInstance, { turns }: RequestGuard, sources: AdminSources): void {
  const { readiness, state, metricsText, events } = sources;
  server.setReplySerializer((payload) => escapeControlsInLines(JSON.stringify(payload)));
  const sendJson = (reply: FastifyReply, value: object): FastifyReply =>
    reply.type('application/json; charset=utf-8').send(slicedText(jsonParts(value), turns));

  server.get('/livez', async () => ({ alive: true }));
  server.get('/readyz', async (_request, reply) => {
    const answer = readiness();
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  server.get('/state', async (_request, reply) => sendJson(reply, state()));
  server.get('/events', async () => events.list());
  server.get('/metrics', async (_request, reply) => {
    const text = slicedText(await metricsText(), turns);
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
}
