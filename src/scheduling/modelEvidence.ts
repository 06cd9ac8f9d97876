/** What shows that the pods of a pool run language models, whose caches are worth a decision. */
export interface ModelEvidence {
  /** An endpoint of the pool lists the models that it serves. */
  readonly listsModels: boolean;
  /** So many pods of the pool have answered with the metrics of an engine that is known. */
  readonly engines: number;
  /** Prompts were sent to so many pods, by this instance or those before it. */
  readonly promptedPods: number;
}

/**
 * Any of the three is enough. They do not go away while the pods are there, so nothing changes
 * while a metrics port is silent.
 */
export function runsModels({ listsModels, engines, promptedPods }: ModelEvidence): boolean {
  return listsModels || engines > 0 || promptedPods > 0;
}
