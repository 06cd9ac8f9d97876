import fastify, { type FastifyInstance } from 'fastify';
import type { LifeEvent } from './eventLog.ts';
import type { InstanceState } from './state.ts';

export interface AdminOptions {
  /** `host:port`, IPv6 in brackets; port 0 takes a free one. */
  readonly address: string;
  readonly state: () => InstanceState;
  /** Prometheus' text format. */
  readonly metricsText: () => Promise<string>;
  readonly events: { list(): readonly LifeEvent[] };
}

export interface Admin {
  /** The address that is bound, `host:port`. */
  readonly address: string;
  /** Stops listening and closes every connection. Twice is once. */
  stop(): Promise<void>;
}

/**
 * Opens the admin port: an orchestrator's probes, a person's questions and Prometheus. It only answers, it
 * changes nothing, and it knows no users: it belongs on loopback or behind a network policy.
 *
 * @throws Error that names the address and why, when it cannot be listened on
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { host, port } = splitListenAddress(options.address);
  const server = fastify({ forceCloseConnections: true });
  addRoutes(server, options);
  try {
    await server.listen({ host, port });
  } catch (cause) {
    await server.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot open the admin port on ${options.address}: ${why}`, { cause });
  }
  const bound = server.addresses()[0];
  const boundPort = typeof bound === 'object' ? bound.port : port;
  let closed: Promise<void> | undefined;
  return {
    address: options.address.replace(/:\d+$/, `:${boundPort}`),
    stop() {
      closed ??= Promise.resolve(server.close());
      return closed;
    },
  };
}

function addRoutes(server: FastifyInstance, { state, metricsText, events }: AdminOptions): void {
  server.get('/livez', async () => ({ alive: true }));
  server.get('/readyz', async (_request, reply) => {
    const { readiness } = state();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  server.get('/state', async () => state());
  server.get('/events', async () => events.list());
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metricsText()),
  );
}

function splitListenAddress(address: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw new Error(`"${address}" is no admin address: write host:port`);
  return { host, port: Number(port) };
}
