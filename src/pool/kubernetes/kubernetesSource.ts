import type { Endpoint } from '../../scheduling/endpoint.ts';
import type { EndpointSource, PoolReport } from '../pool.ts';
import { accessTo, type KubernetesAccess, type KubernetesSettings } from './access.ts';
import type { ApiQuery } from './apiRequest.ts';
import { endpointsOfPods, type PodFacts, type PodSelection, readInferencePool, readPod } from './objects.ts';
import { ResourceWatch } from './resourceWatch.ts';

/**
 * The pods of a Kubernetes cluster: those of an InferencePool, or those of a label selector. Its
 * start does not wait for the API server: the endpoints come with the first list of pods, and stay
 * while the server is lost.
 */
export interface KubernetesSourceOptions {
  readonly report: PoolReport;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** See ResourceWatch. */
  readonly pauseMs?: number;
}

const inferencePools = (namespace: string) =>
  `/apis/inference.networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/inferencepools`;
const podsOf = (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;

export class KubernetesSource implements EndpointSource {
  readonly name = 'kubernetes';
  readonly #settings: KubernetesSettings;
  readonly #options: KubernetesSourceOptions;
  readonly #watches = new Set<{ stop(): Promise<void> }>();
  #onEndpoints: (endpoints: readonly Endpoint[]) => void = () => {};
  #selection: PodSelection | undefined;
  #podWatch: ResourceWatch<PodFacts> | undefined;
  /** Undefined until the pods of the selection are listed. */
  #pods: ReadonlyMap<string, PodFacts> | undefined;
  #pendingChange: NodeJS.Immediate | undefined;
  /** Why a kind of object cannot be followed now, by its path. */
  readonly #problems = new Map<string, string>();
  #isStopped = false;

  constructor(settings: KubernetesSettings, options: KubernetesSourceOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** @throws BatonError `endpoints-unreadable` where nothing says where the API server is */
  async start(onEndpoints: (endpoints: readonly Endpoint[]) => void): Promise<void> {
    const { inferencePool, ports, selector } = this.#settings;
    const access = await accessTo(this.#settings, this.#options.environment);
    if (this.#isStopped) return;
    this.#onEndpoints = onEndpoints;
    if (selector !== undefined) this.#select(access, { selector, ports });
    else if (inferencePool !== undefined) this.#followPool(access, inferencePool);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearImmediate(this.#pendingChange);
    await Promise.all([...this.#watches].map((watch) => watch.stop()));
  }

  #followPool(access: KubernetesAccess, name: string): void {
    const path = inferencePools(access.namespace);
    this.#watch(access, path, { fieldSelector: `metadata.name=${name}` }, readInferencePool, (pools) => {
      const [selection] = pools.values();
      if (selection !== undefined) this.#select(access, selection);
      else this.#loseSelection(access, name);
    });
  }

  /** A pool that is gone, or selects nothing, has no endpoints. */
  #loseSelection({ namespace }: KubernetesAccess, inferencePool: string): void {
    const fields = { namespace, inferencePool };
    this.#options.report.log.warn(
      { event: 'kubernetes.pool-missing', ...fields },
      'no InferencePool of this name that selects pods; the pool is empty',
    );
    this.#stopPodWatch();
    this.#selection = undefined;
    this.#pods = new Map();
    this.#changed();
  }

  /** The endpoints of the last selection stay until the pods of this one are listed. */
  #select(access: KubernetesAccess, selection: PodSelection): void {
    const before = this.#selection;
    this.#selection = selection;
    if (before?.selector === selection.selector) {
      this.#changed();
      return;
    }
    this.#stopPodWatch();
    this.#pods = undefined;
    const query = { labelSelector: selection.selector };
    this.#podWatch = this.#watch(access, podsOf(access.namespace), query, readPod, (pods) => {
      this.#pods = pods;
      this.#changed();
    });
  }

  #stopPodWatch(): void {
    const watch = this.#podWatch;
    this.#podWatch = undefined;
    if (watch !== undefined) void watch.stop().then(() => this.#watches.delete(watch));
  }

  #watch<Facts>(
    access: KubernetesAccess,
    path: string,
    selection: ApiQuery,
    read: (object: unknown) => Facts | undefined,
    onChange: (objects: ReadonlyMap<string, Facts>) => void,
  ): ResourceWatch<Facts> {
    const watch: ResourceWatch<Facts> = new ResourceWatch({
      access,
      path,
      selection,
      read,
      onChange,
      onProblem: (reason) => this.#onProblem(path, reason),
      onFollowing: () => this.#onFollowing(path),
      ...(this.#options.pauseMs !== undefined && { pauseMs: this.#options.pauseMs }),
    });
    this.#watches.add(watch);
    return watch.start();
  }

  /** The events of one turn are one change. */
  #changed(): void {
    this.#pendingChange ??= setImmediate(() => {
      this.#pendingChange = undefined;
      if (this.#isStopped || this.#pods === undefined) return;
      this.#onEndpoints(endpointsOfPods(this.#pods.values(), this.#selection?.ports ?? []));
    });
  }

  #onProblem(path: string, reason: string): void {
    const { report } = this.#options;
    report.count('lost-api', this.name);
    if (this.#problems.get(path) === reason) return;
    this.#problems.set(path, reason);
    report.log.warn(
      { event: 'kubernetes.lost', path, reason },
      'the Kubernetes API cannot be followed; the last pods stay in use',
    );
  }

  #onFollowing(path: string): void {
    if (!this.#problems.delete(path)) return;
    this.#options.report.log.info(
      { event: 'kubernetes.followed', path },
      'the Kubernetes API is followed again',
    );
  }
}
