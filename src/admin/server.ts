import fastify, { type FastifyInstance } from 'fastify';
import { escapeControlsInLines } from '../controlCharacters.ts';
import { BatonError } from '../errors.ts';
import { splitHostPort, withPort } from '../hostPort.ts';
import type { LifeEvent } from './eventLog.ts';
import type { InstanceState, Readiness } from './state.ts';

export interface AdminOptions {
  /** `host:port`, IPv6 in brackets; port 0 takes a free one. */
  readonly address: string;
  /** Cheap, and independent of everything that only `/state` shows. */
  readonly readiness: () => Readiness;
  readonly state: () => InstanceState;
  /** All metrics in Prometheus' text format. */
  readonly metricsText: () => Promise<string>;
  readonly events: { list(): readonly LifeEvent[] };
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
 *
 * @throws BatonError listen-failed, with the cause
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { host, port } = splitHostPort(options.address);
  const server = fastify({ forceCloseConnections: true });
  addRoutes(server, options);
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

function addRoutes(server: FastifyInstance, { readiness, state, metricsText, events }: AdminOptions): void {
  server.setReplySerializer((payload) => escapeControlsInLines(JSON.stringify(payload)));
  server.get('/livez', async () => ({ alive: true }));
  server.get('/readyz', async (_request, reply) => {
    const answer = readiness();
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  server.get('/state', async () => state());
  server.get('/events', async () => events.list());
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metricsText()),
  );
}
