import { setTimeout as sleep } from 'node:timers/promises';
import { configSchema } from '../../../src/config/schema.ts';
import { EtcdSession } from '../../../src/etcd/etcdSession.ts';
import { keepRegistered } from '../../../src/pool/keepRegistered.ts';
import { recordKeys } from '../../../src/proto/records/recordKeys.ts';
import { stateCodecs } from '../../../src/proto/stateCodecs.ts';
import { type Podsim, startPodsim } from '../../../tools/podsim/server.ts';

/**
 * Simulated pods that register in etcd, come and go. A pod leaves as Kubernetes ends one: first its
 * record goes, then it answers what it has, and only then it stops.
 */
interface Member {
  readonly pod: Podsim;
  readonly leaving: AbortController;
  /** Its record is removed. */
  readonly unregistered: Promise<void>;
}

export interface PodsSummary {
  /** Of the pods that are registered. */
  readonly addresses: readonly string[];
  readonly joined: number;
  readonly left: number;
  /** Requests that are at a pod, of those that leave too. */
  readonly running: number;
}

/** Without a request for so long, no one sends to a pod any more. */
const quietMs = 2_000;
const pollMs = 50;

export class RegisteredPods {
  readonly #etcdEndpoint: string;
  readonly #members = new Map<string, Member>();
  readonly #leaving = new Set<Podsim>();
  #joined = 0;
  #left = 0;

  constructor(etcdEndpoint: string) {
    this.#etcdEndpoint = etcdEndpoint;
  }

  get size(): number {
    return this.#members.size;
  }

  async add(): Promise<void> {
    this.#joined += 1;
    const traits = { ttftMs: 50, tokenMs: 30, tokensPerReply: 5, slots: 64 };
    const pod = await startPodsim({ id: `pod-${this.#joined}`, ...traits });
    const leaving = new AbortController();
    const { etcd, pool } = configSchema.parse({ etcd: { endpoints: [this.#etcdEndpoint] } });
    const prefix = `${etcd.prefix}/${pool.name}/${recordKeys.endpoints}`;
    const endpoint = { address: pod.address, weight: 1, labels: {}, models: [] };
    const unregistered = keepRegistered(
      { endpoint, health: undefined },
      {
        openStore: () => new EtcdSession({ ...etcd, prefix }),
        encode: ({ models, ...rest }) =>
          stateCodecs.registeredEndpoint.encode({ ...rest, models: [...models] }),
        log: { info: () => {}, warn: () => {} },
        signal: leaving.signal,
      },
    );
    this.#members.set(pod.address, { pod, leaving, unregistered });
  }

  /** The pod that has been there for longest leaves. */
  async removeOldest(): Promise<void> {
    const [oldest] = this.#members;
    if (oldest === undefined) return;
    const [address, { leaving, pod, unregistered }] = oldest;
    this.#members.delete(address);
    this.#leaving.add(pod);
    leaving.abort();
    await unregistered;
    await this.#untilQuiet(pod);
    await pod.stop();
    this.#leaving.delete(pod);
    this.#left += 1;
  }

  summary(): PodsSummary {
    const pods = [...[...this.#members.values()].map(({ pod }) => pod), ...this.#leaving];
    const running = pods.reduce((sum, pod) => sum + pod.state().running + pod.state().waiting, 0);
    return { addresses: [...this.#members.keys()].sort(), joined: this.#joined, left: this.#left, running };
  }

  async #untilQuiet(pod: Podsim): Promise<void> {
    let served = -1;
    for (let quiet = 0; quiet < quietMs; quiet += pollMs) {
      await sleep(pollMs);
      const { running, served: now, waiting } = pod.state();
      if (running + waiting > 0 || now !== served) quiet = 0;
      served = now;
    }
  }
}
