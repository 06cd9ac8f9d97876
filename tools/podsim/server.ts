import { createServer } from 'node:http';
import Fastify from 'fastify';
import { type PodClock, podClock } from './clock.ts';
import { PodListener } from './listener.ts';
import { addRoutes } from './routes.ts';
import { type PodsimState, type PodTraits, SimulatedPod } from './simulatedPod.ts';

/**
 * Starts and stops a simulated inference pod: an HTTP/1.1 server with the OpenAI API that generates
 * fixed text at a given pace, in a given number of slots, and fails on demand (faults.ts).
 */
export interface PodsimOptions extends Partial<PodTraits> {
  /** Where to listen (127.0.0.1). */
  readonly host?: string;
  /** 0 lets the system choose (0). */
  readonly port?: number;
  /** Grace period of `stop` (5000). */
  readonly stopGraceMs?: number;
  readonly clock?: PodClock;
  /** Within [0, 1). */
  readonly random?: () => number;
}

export interface Podsim {
  /** `ip:port` that it listens on. */
  readonly address: string;
  readonly id: string;
  state(): PodsimState;
  /**
   * Accepts no new connection, finishes open requests within the grace period, aborts the rest.
   * Idempotent.
   */
  stop(): Promise<void>;
}

export const podsimDefaults: PodTraits = {
  id: 'pod-1',
  model: 'sim-model',
  slots: 8,
  ttftMs: 50,
  tokenMs: 10,
  jitter: 0,
  promptTokenMs: 0,
  cacheTokens: 0,
  engineSpeed: 1,
  adapters: [],
  tokensPerReply: 20,
  strictModel: false,
};

/** Prompts may be long. */
const maxBodyBytes = 32 * 1024 * 1024;

/** @throws Error when it cannot listen there, with the system's `code`, `EADDRINUSE` for one */
export async function startPodsim(options: PodsimOptions = {}): Promise<Podsim> {
  const {
    host = '127.0.0.1',
    port = 0,
    stopGraceMs = 5000,
    clock = podClock,
    random = Math.random,
    ...traits
  } = options;
  const pod = new SimulatedPod({ ...podsimDefaults, ...traits }, clock, random);
  // Idle connections stay open: a connection pool such as that of Envoy would lose requests to a
  // server that closes them.
  const server = createServer({ keepAliveTimeout: 0 });
  const listener = new PodListener(server, clock);
  const app = Fastify({
    serverFactory: (handler) => server.on('request', handler),
    bodyLimit: maxBodyBytes,
    // All fields are read by name.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  });
  addRoutes(app, pod, (fault, requester) => {
    pod.faults.set(fault, () => listener.reopen());
    pod.abortAll();
    listener.refuse(requester);
  });
  await app.ready();
  const address = await listener.open(host, port);

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    pod.faults.clear();
    listener.close();
    await pod.drain(stopGraceMs, () => listener.closeIdle());
    await listener.end();
    await app.close();
  }
  return {
    address,
    id: pod.traits.id,
    state: () => pod.state(),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
