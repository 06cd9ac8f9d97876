import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionListeners } from '../etcd/sessionListeners.ts';
import { splitHostPort } from '../hostPort.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { nextHealth, unknownHealth, type Verdict } from './healthVerdict.ts';
import { httpProbe, type ProbeResult } from './httpProbe.ts';
import type { PoolReport } from './pool.ts';
import type { Registration } from './registration.ts';

/**
 * Keeps a pod's record in etcd while the pod is healthy. The record is under a lease, which ends
 * when the pod and its sidecar die together. When the pod dies alone, its health URL fails and the
 * record is removed.
 */

/** The part of EtcdSession that is used. It is not started again after `stop`. */
export interface RegistrationStore {
  start(listeners: Pick<SessionListeners, 'leasedRecords' | 'onState'>): void;
  stop(): Promise<void>;
}

export interface KeepRegisteredOptions {
  readonly openStore: () => RegistrationStore;
  readonly encode: (endpoint: Endpoint) => Uint8Array;
  readonly log: PoolReport['log'];
  /** Ends the registration. */
  readonly signal: AbortSignal;
  /** Time between two probes of the health URL (1000). */
  readonly healthIntervalMs?: number;
  /** For one probe (1000). */
  readonly healthTimeoutMs?: number;
}

const thresholds = { healthyThreshold: 1, unhealthyThreshold: 2 };

/**
 * Resolves when `signal` has aborted and the record is removed. Until then an unreachable etcd is
 * retried.
 */
export async function keepRegistered(
  registration: Registration,
  options: KeepRegisteredOptions,
): Promise<void> {
  const { signal, log } = options;
  let store: RegistrationStore | undefined;
  try {
    for await (const { verdict, reason } of verdicts(registration.health, options)) {
      const { address } = registration.endpoint;
      log.info({ event: `endpoint.${verdict}`, endpoint: address, reason }, `endpoint ${verdict}`);
      if (verdict === 'healthy') store ??= openAndKeep(registration.endpoint, options);
      else {
        await store?.stop();
        store = undefined;
      }
    }
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await store?.stop();
  }
}

/** Every change of the verdict until the signal aborts; without a URL, one verdict. */
async function* verdicts(
  url: URL | undefined,
  options: KeepRegisteredOptions,
): AsyncGenerator<{ verdict: Verdict; reason: string }> {
  const { signal, healthIntervalMs = 1000, healthTimeoutMs = 1000 } = options;
  if (!url) {
    yield { verdict: 'healthy', reason: 'no health URL' };
    return;
  }
  let health = unknownHealth;
  while (!signal.aborted) {
    const { passed, reason } = await probe(url, healthTimeoutMs, signal);
    if (signal.aborted) return;
    const before = health.verdict;
    health = nextHealth(health, passed, thresholds);
    if (health.verdict !== before) yield { verdict: health.verdict, reason };
    // An abort only ends the wait.
    await sleep(healthIntervalMs, undefined, { signal }).catch(() => {});
  }
}

function probe(url: URL, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
  const { host, port } = splitHostPort(`${url.hostname}:${url.port || 80}`);
  return httpProbe({ host, port, path: url.pathname + url.search, timeoutMs, signal });
}

function openAndKeep(
  endpoint: Endpoint,
  { openStore, encode, log }: KeepRegisteredOptions,
): RegistrationStore {
  const store = openStore();
  const key = recordKeys.endpoints + endpoint.address;
  let lastProblem: string | undefined;
  store.start({
    leasedRecords: [{ key, encode: () => encode(endpoint) }],
    onState: (state) => {
      const problem = state.kind === 'joining' ? state.problem : undefined;
      if (state.kind === 'joined') log.info({ event: 'registration.written', key }, 'endpoint registered');
      if (state.kind === 'stopped') log.info({ event: 'registration.removed', key }, 'registration removed');
      if (problem !== undefined && problem !== lastProblem) {
        log.warn({ event: 'registration.failed', key, reason: problem }, 'not registered; retrying');
      }
      lastProblem = problem;
    },
  });
  return store;
}
