import { setTimeout as sleep } from 'node:timers/promises';
import { splitHostPort } from '../hostPort.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { nextHealth, unknownHealth, type Verdict } from './healthVerdict.ts';
import { httpProbe } from './httpProbe.ts';
import type { PoolReport } from './pool.ts';
import type { ProbeResult } from './probeResult.ts';
import { RegisteredRecord, type RegistrationStore } from './registeredRecord.ts';
import type { Registration } from './registration.ts';

/**
 * Keeps a pod's record in etcd while the pod is healthy. The record is under a lease, which ends
 * when the pod and its sidecar die together. When the pod dies alone, its health URL fails and the
 * record is removed.
 */

export interface KeepRegisteredOptions {
  /** Opens a session with the prefix of all registered endpoints. It is started once. */
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
  let record: RegisteredRecord | undefined;
  try {
    for await (const { verdict, reason } of verdicts(registration.health, options)) {
      const { address } = registration.endpoint;
      log.info({ event: `endpoint.${verdict}`, endpoint: address, reason }, `endpoint ${verdict}`);
      if (verdict === 'healthy') record ??= openRecord(registration.endpoint, options);
      else {
        await record?.stop();
        record = undefined;
      }
    }
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await record?.stop();
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
    const { kind, reason } = await probe(url, healthTimeoutMs, signal);
    if (signal.aborted) return;
    const before = health.verdict;
    if (kind !== 'undecided') health = nextHealth(health, kind === 'passed', thresholds);
    if (health.verdict !== before) yield { verdict: health.verdict, reason };
    // An abort only ends the wait.
    await sleep(healthIntervalMs, undefined, { signal }).catch(() => {});
  }
}

function probe(url: URL, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
  const { host, port } = splitHostPort(`${url.hostname}:${url.port || 80}`);
  return httpProbe({ host, port, path: url.pathname + url.search, timeoutMs, signal });
}

function openRecord(endpoint: Endpoint, { openStore, encode, log }: KeepRegisteredOptions): RegisteredRecord {
  const { address } = endpoint;
  const record = new RegisteredRecord({ store: openStore(), address, encode: () => encode(endpoint), log });
  record.start();
  return record;
}
