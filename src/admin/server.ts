import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { escapeControlsInLines } from '../controlCharacters.ts';
import { BatonError } from '../errors.ts';
import { withPort } from '../hostPort.ts';
import { whereToListen } from '../listeningAddress.ts';
import type { CountsByInstance } from './dashboard/feedMessage.ts';
import { addDashboard } from './dashboard/routes.ts';
import type { LifeEvent } from './eventLog.ts';
import { guardRequests, type RequestGuard, serverLimits } from './guardRequests.ts';
import { jsonParts } from './jsonParts.ts';
import { addOperatorRoutes, type OperatorSource } from './operator/routes.ts';
import { slicedText } from './slicedText.ts';
import type { InstanceStateSource, Readiness } from './state.ts';

/** What there is to show of one pool. */
export interface PoolSources {
  readonly state: () => InstanceStateSource;
  readonly events: { list(): readonly LifeEvent[] };
  /** What each instance has in flight, by pod. Read only while someone watches the dashboard. */
  readonly countsByInstance: () => CountsByInstance;
  /** The last decisions, explained: all that are kept, or so many. */
  readonly decisions: (last?: number) => object;
  /** Decides about a request, and reserves nothing; undefined: it is for no pool. */
  readonly explain: (asked: AskedRequest) => object | undefined;
  /** undefined: there is no token, and nothing that an operator could change by this port. */
  readonly operator: OperatorSource | undefined;
}

/** Of the process; and of its first pool, which has the short paths. */
export interface AdminSources extends PoolSources {
  /** Cheap: probes ask for it. */
  readonly readiness: () => Readiness;
  /**
   * All metrics as text for Prometheus, in the format that the header `accept` asks for; only the
   * first part may be long.
   */
  readonly metricsText: (accept: string | undefined) => Promise<{
    readonly type: string;
    readonly parts: Iterable<string>;
  }>;
  /** Every pool by its name: below `/pools/NAME`. Default: none. */
  readonly pools?: ReadonlyMap<string, PoolSources>;
}

/** A request that someone asks about. */
export interface AskedRequest {
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** As a gateway sends it. */
  readonly subset: string | undefined;
  /** JSON; it need not have the prompt. */
  readonly body: string | undefined;
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
 * has no authentication and only reads state (but for `/operator`, which needs a token), so it
 * belongs on loopback or behind a network policy.
 * Its clients together take one slice of each turn of the event loop (slicedText.ts), however large
 * the pool is and however many they are (guardRequests.ts).
 *
 * @throws BatonError listen-failed, with the cause
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { host, port } = whereToListen(options.address);
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

function addRoutes(server: FastifyInstance, guard: RequestGuard, sources: AdminSources): void {
  const { readiness, metricsText, pools = new Map<string, PoolSources>() } = sources;
  server.setReplySerializer((payload) => escapeControlsInLines(JSON.stringify(payload)));
  server.get('/livez', async () => ({ alive: true }));
  server.get('/readyz', async (_request, reply) => {
    const answer = readiness();
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  server.get('/metrics', async (request, reply) => {
    const { type, parts } = await metricsText(request.headers.accept);
    return reply.type(type).send(slicedText(parts, guard.turns));
  });
  addPoolRoutes(server, guard, sources);
  for (const [name, pool] of pools) {
    server.register(async (scope) => addPoolRoutes(scope, guard, pool), { prefix: `/pools/${name}` });
  }
}

function addPoolRoutes(server: FastifyInstance, guard: RequestGuard, sources: PoolSources): void {
  const { turns } = guard;
  const { state, events } = sources;
  const sendJson = (reply: FastifyReply, value: object): FastifyReply =>
    reply.type('application/json; charset=utf-8').send(slicedText(jsonParts(value), turns));
  server.get('/state', async (_request, reply) => sendJson(reply, state()));
  server.get('/events', async () => events.list());
  server.get('/decisions', async (request, reply) => {
    const last = new URL(request.url, 'http://admin').searchParams.get('last');
    if (last !== null && !/^[1-9]\d{0,3}$/.test(last))
      return reply.code(400).send({ error: 'the parameter last is not a number from 1 to 9999' });
    return sendJson(reply, sources.decisions(last === null ? undefined : Number(last)));
  });
  server.get('/explain', async (request, reply) => {
    const { searchParams } = new URL(request.url, 'http://admin');
    const headers = readHeaderParameters(searchParams.getAll('header'));
    if (headers === undefined) {
      return reply.code(400).send({ error: 'a parameter header is not NAME:VALUE' });
    }
    const [subset, body] = ['subset', 'body'].map((name) => searchParams.get(name) ?? undefined);
    const explanation = sources.explain({ headers, subset, body });
    if (explanation !== undefined) return sendJson(reply, explanation);
    return reply.code(404).send({ error: 'no pool of this instance is for such a request' });
  });
  if (sources.operator !== undefined) addOperatorRoutes(server, sources.operator);
  addDashboard(server, guard, { ...sources, hasOperator: sources.operator !== undefined });
}

/** `name:value` each, by name in lower case; undefined: one has no colon or no name. */
function readHeaderParameters(texts: readonly string[]): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const text of texts) {
    const colon = text.indexOf(':');
    if (colon < 1) return undefined;
    headers.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
  }
  return headers;
}
