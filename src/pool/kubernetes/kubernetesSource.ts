import type { Endpoint } from '../../scheduling/endpoint.ts';
import type { AliasTable } from '../../scheduling/modelAliases.ts';
import type { EndpointSource, PoolReport } from '../pool.ts';
import { accessTo, type KubernetesSettings } from './access.ts';
import type { KubernetesAccess } from './apiConnection.ts';
import { ClusterWatches } from './clusterWatches.ts';
import { aliasesOfRewrites, type ModelRewrite, readModelRewrite } from './modelRewrites.ts';
import {
  endpointsOfPods,
  type PodFacts,
  type PodSelection,
  readInferencePool,
  readNodeZone,
  readPod,
} from './objects.ts';
import type { ResourceWatch } from './resourceWatch.ts';

/**
 * The pods of a Kubernetes cluster: those of an InferencePool, or those of a label selector. Its
 * start does not wait for the API server: the endpoints come with the first list of pods, and stay
 * while the server is lost.
 */
export interface KubernetesSourceOptions {
  readonly report: PoolReport;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The models that stand for others have changed. */
  readonly onAliases?: (table: AliasTable) => void;
  /** See ResourceWatch. */
  readonly pauseMs?: number;
}

const inferencePools = (namespace: string) =>
  `/apis/inference.networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/inferencepools`;
/** The kind has moved from one group to the other; a cluster may have either. */
const modelRewrites = (namespace: string) =>
  ['llm-d.ai', 'inference.networking.x-k8s.io'].map(
    (group) => `/apis/${group}/v1alpha2/namespaces/${encodeURIComponent(namespace)}/inferencemodelrewrites`,
  );
const nodes = '/api/v1/nodes';
const podsOf = (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;

export class KubernetesSource implements EndpointSource {
  readonly name = 'kubernetes';
  readonly #settings: KubernetesSettings;
  readonly #options: KubernetesSourceOptions;
  readonly #watches: ClusterWatches;
  #onEndpoints: (endpoints: readonly Endpoint[]) => void = () => {};
  #selection: PodSelection | undefined;
  #podWatch: ResourceWatch<PodFacts> | undefined;
  /** Undefined until the pods of the selection are listed. */
  #pods: ReadonlyMap<string, PodFacts> | undefined;
  #zones: ReadonlyMap<string, string> = new Map();
  #pendingChange: NodeJS.Immediate | undefined;
  /** By the path of their kind. */
  readonly #rewrites = new Map<string, ReadonlyMap<string, ModelRewrite>>();
  #isStopped = false;

  constructor(settings: KubernetesSettings, options: KubernetesSourceOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#watches = new ClusterWatches({ source: this.name, ...options });
  }

  /** @throws BatonError `endpoints-unreadable` where nothing says where the API server is */
  async start(onEndpoints: (endpoints: readonly Endpoint[]) => void): Promise<void> {
    const { inferencePool, modelRewrites: hasRewrites, nodeZones, ports, selector } = this.#settings;
    const access = await accessTo(this.#settings, this.#options.environment);
    if (this.#isStopped) return;
    this.#onEndpoints = onEndpoints;
    if (nodeZones) this.#followNodes(access);
    if (selector !== undefined) this.#select(access, { selector, ports });
    else if (inferencePool !== undefined) this.#followPool(access, inferencePool);
    if (hasRewrites && inferencePool !== undefined) this.#followRewrites(access, inferencePool);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearImmediate(this.#pendingChange);
    await this.#watches.stop();
  }

  #followPool(access: KubernetesAccess, name: string): void {
    const path = inferencePools(access.namespace);
    this.#watches.open({
      access,
      path,
      selection: { fieldSelector: `metadata.name=${name}` },
      read: readInferencePool,
      onChange: (pools) => {
        const [selection] = pools.values();
        if (selection !== undefined) this.#select(access, selection);
        else this.#loseSelection(access, name);
      },
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
    this.#podWatch = this.#watches.open({
      access,
      path: podsOf(access.namespace),
      selection: { labelSelector: selection.selector },
      read: readPod,
      onChange: (pods) => {
        this.#pods = pods;
        this.#changed();
      },
    });
  }

  #stopPodWatch(): void {
    const watch = this.#podWatch;
    this.#podWatch = undefined;
    if (watch !== undefined) this.#watches.close(watch);
  }

  /** A zone is worth having, and not worth waiting for: many may not read nodes. */
  #followNodes(access: KubernetesAccess): void {
    const onChange = (zones: ReadonlyMap<string, string>) => {
      this.#zones = zones;
      this.#changed();
    };
    const options = { access, path: nodes, selection: {}, isMetadataOnly: true };
    this.#watches.open({ ...options, read: readNodeZone, onChange }, (fields) => {
      this.#options.report.log.info(
        { event: 'kubernetes.no-zones', ...fields },
        'the nodes cannot be read; pods have the zones that their own labels name',
      );
    });
  }

  #followRewrites(access: KubernetesAccess, pool: string): void {
    for (const path of modelRewrites(access.namespace)) {
      const onChange = (rewrites: ReadonlyMap<string, ModelRewrite>) => {
        this.#rewrites.set(path, rewrites);
        this.#useRewrites(pool);
      };
      const options = { access, path, selection: {}, read: readModelRewrite, onChange };
      this.#watches.open(options, (fields) => {
        this.#options.report.log.info(
          { event: 'kubernetes.no-rewrites', ...fields },
          'InferenceModelRewrites cannot be read; the last ones stay in use',
        );
      });
    }
  }

  #useRewrites(pool: string): void {
    const all = new Map([...this.#rewrites.values()].flatMap((rewrites) => [...rewrites]));
    const { skipped, table } = aliasesOfRewrites(all, pool);
    const { onAliases, report } = this.#options;
    const fields = { pool, models: Object.keys(table).length, skipped };
    report.log.info({ event: 'kubernetes.rewrites', ...fields }, 'model aliases of the cluster have changed');
    onAliases?.(table);
  }

  /** The events of one turn are one change. */
  #changed(): void {
    this.#pendingChange ??= setImmediate(() => {
      this.#pendingChange = undefined;
      if (this.#isStopped || this.#pods === undefined) return;
      this.#onEndpoints(endpointsOfPods(this.#pods.values(), this.#selection?.ports ?? [], this.#zones));
    });
  }
}
