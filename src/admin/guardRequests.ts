import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AllowedHosts } from './allowedHosts.ts';
import { ConnectionLimit } from './connectionLimit.ts';
import { TurnQueue } from './turnQueue.ts';

/** Probes and scrapers are few; each keeps a connection or two. */
const maxConnections = 128;
/** For a request with its headers; clients of this port send them in one packet. */
const requestTimeoutMs = 5_000;
/** For the whole answer to be read: 2 MB of metrics take less on a slow line. */
const answerTimeoutMs = 30_000;
/** Longer than the usual interval of a scrape, so that its connection is used again. */
const keepAliveMs = 75_000;

/** How the HTTP server is created. */
export const serverLimits = {
  keepAliveTimeout: keepAliveMs,
  requestTimeout: requestTimeoutMs,
  http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
};

export interface RequestGuard {
  /** What takes time takes its turns from here. */
  readonly turns: TurnQueue;
  /** The answer has no end, and what sends it limits how long it may be left unread. */
  keepOpen(reply: FastifyReply): void;
}

/**
 * Bounds what clients of the admin port can cost: connections, requests at a time, how long a
 * request may take to come and an answer to be read. It refuses what no client of it sends:
 * bodies, and hosts by which a web page could reach it.
 */
export function guardRequests(server: FastifyInstance, hosts: readonly string[]): RequestGuard {
  const turns = new TurnQueue();
  const allowedHosts = new AllowedHosts(hosts);
  const connections = new ConnectionLimit(server.server, maxConnections);
  const answerTimers = new WeakMap<FastifyReply, NodeJS.Timeout>();

  server.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw;
    if (!connections.begin(socket)) {
      // A second request before the answer to the first: many would be answered at once.
      reply.hijack();
      socket.destroy();
      return;
    }
    const timer = endWithin(answerTimeoutMs, socket, reply, () => connections.end(socket));
    answerTimers.set(reply, timer);
    const { host } = request.headers;
    if (!allowedHosts.allows(host)) {
      return refuse(reply, 421, `the host ${JSON.stringify(host)} is not listed in admin.allowedHosts`);
    }
    if (hasBody(request)) return refuse(reply, 413, 'a request to this port has no body');
    await turns.next();
    return undefined;
  });
  return { turns, keepOpen: (reply) => clearTimeout(answerTimers.get(reply)) };
}

function endWithin(
  timeoutMs: number,
  socket: Socket,
  reply: FastifyReply,
  onEnd: () => void,
): NodeJS.Timeout {
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  reply.raw.once('close', () => {
    clearTimeout(timer);
    onEnd();
  });
  return timer;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** The connection is closed, since what else comes on it is not read. */
function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).header('connection', 'close').send({ error: message });
}
