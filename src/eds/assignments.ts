import { type PoolAssignment, versionOf } from './assignment.ts';

/** The assignment of some clusters: they all have the pods of one pool. */
export interface ServedAssignment {
  readonly clusters: readonly string[];
  readonly assignment: PoolAssignment;
}

/** What all clusters are to have, at one moment. */
export class Assignments {
  /** Of all together: with one pool, the version of that pool. */
  readonly version: string;
  readonly #byCluster: ReadonlyMap<string, PoolAssignment>;

  constructor(served: readonly ServedAssignment[]) {
    this.#byCluster = new Map(
      served.flatMap(({ clusters, assignment }) => clusters.map((name) => [name, assignment] as const)),
    );
    const versions = served.map(({ assignment }) => assignment.version);
    const [first = ''] = versions;
    this.version = versions.length === 1 ? first : versionOf(versions.join(' '));
  }

  /** @throws Error for a cluster that is not served, which is a bug */
  of(cluster: string): PoolAssignment {
    const assignment = this.#byCluster.get(cluster);
    if (assignment === undefined) throw new Error(`the cluster ${cluster} is not served`);
    return assignment;
  }
}
