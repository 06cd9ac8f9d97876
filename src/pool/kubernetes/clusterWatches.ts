import type { PoolReport } from '../pool.ts';
import { ApiStatusError } from './apiRequest.ts';
import { ResourceWatch, type ResourceWatchOptions } from './resourceWatch.ts';

export type WatchOptions<Facts> = Omit<ResourceWatchOptions<Facts>, 'onProblem' | 'onFollowing' | 'pauseMs'>;

/** Called once when objects that the pool can do without cannot be followed. */
export type OnMissing = (fields: { readonly path: string; readonly reason: string }) => void;

export interface ClusterWatchesOptions {
  /** Name of the source. */
  readonly source: string;
  readonly report: PoolReport;
  /** See ResourceWatch. */
  readonly pauseMs?: number;
}

/** The watches of one cluster, and what is logged and counted of them. */
export class ClusterWatches {
  readonly #options: ClusterWatchesOptions;
  readonly #watches = new Set<{ stop(): Promise<void> }>();
  /** Why a kind of object cannot be followed now, by its path. */
  readonly #problems = new Map<string, string>();

  constructor(options: ClusterWatchesOptions) {
    this.#options = options;
  }

  /** @param onMissing undefined: the pool needs these objects */
  open<Facts>(options: WatchOptions<Facts>, onMissing?: OnMissing): ResourceWatch<Facts> {
    const { path } = options;
    const { pauseMs } = this.#options;
    const watch: ResourceWatch<Facts> = new ResourceWatch({
      ...options,
      ...(pauseMs !== undefined && { pauseMs }),
      onProblem: (error) => {
        if (onMissing === undefined) this.#onLost(path, error.message);
        else this.#onMissing(path, error, onMissing);
      },
      onFollowing: () => this.#onFollowing(path),
    });
    this.#watches.add(watch);
    return watch.start();
  }

  close(watch: { stop(): Promise<void> }): void {
    void watch.stop().then(() => this.#watches.delete(watch));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#watches].map((watch) => watch.stop()));
  }

  #onLost(path: string, reason: string): void {
    const { report, source } = this.#options;
    report.count('lost-api', source);
    if (this.#problems.get(path) === reason) return;
    this.#problems.set(path, reason);
    report.log.warn(
      { event: 'kubernetes.lost', path, reason },
      'the Kubernetes API cannot be followed; the last pods stay in use',
    );
  }

  /** A kind that the cluster does not know has no objects. */
  #onMissing(path: string, error: Error, onMissing: OnMissing): void {
    const isUnknownKind = error instanceof ApiStatusError && error.status === 404;
    if (isUnknownKind || this.#problems.has(path)) return;
    this.#problems.set(path, error.message);
    onMissing({ path, reason: error.message });
  }

  #onFollowing(path: string): void {
    if (!this.#problems.delete(path)) return;
    this.#options.report.log.info(
      { event: 'kubernetes.followed', path },
      'the Kubernetes API is followed again',
    );
  }
}
