import type { Config } from '../config/schema.ts';
import { containFilter } from '../extensions/containFilter.ts';
import { containPolicy } from '../extensions/containPolicy.ts';
import { createPolicySet } from '../extensions/createPolicySet.ts';
import type { LoadedExtensions } from '../extensions/loadExtensions.ts';
import { ExtensionErrors } from '../extproc/extensionErrors.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import type { EngineReadings } from '../scheduling/engineReading.ts';
import type { Filter } from '../scheduling/filter.ts';
import { filters as filtersOfBaton } from '../scheduling/filters/index.ts';
import type { ModelEvidence } from '../scheduling/modelEvidence.ts';
import type { PlacedPrompts } from '../scheduling/placedPrompts.ts';
import type { PolicySet } from '../scheduling/policySet.ts';
import { traitsOf } from '../scheduling/traits.ts';
import type { Log } from '../telemetry/log.ts';
import type { InstanceMetrics } from './instruments.ts';

/** The policies and filters of Baton and of its extensions. */
export interface ExtensionParts {
  readonly policies: PolicySet;
  /** Those of Baton, and after them those of extensions. */
  readonly filters: readonly Filter[];
  /** Request headers that extensions read. */
  readonly headers: readonly string[];
}

export interface ExtensionPartsOptions {
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly placed: PlacedPrompts;
  readonly readings: EngineReadings & { readonly size: number };
  readonly pool: Pick<CompositePool, 'all'>;
}

/** @throws BatonError `extension-invalid` when `scheduling.policy` is a policy of none of them */
export function createExtensionParts(
  { scheduling }: Pick<Config, 'scheduling'>,
  loaded: LoadedExtensions,
  { log, metrics, placed, readings, pool }: ExtensionPartsOptions,
): ExtensionParts {
  const errors = new ExtensionErrors(log, metrics);
  const report = (name: string, cause: unknown): void => errors.report(name, cause);
  const evidence = (): ModelEvidence => ({
    listsModels: traitsOf(pool.all()).models,
    engines: readings.size,
    promptedPods: placed.size,
  });
  const policies = createPolicySet(
    scheduling,
    loaded.policies.map((policy) => containPolicy(policy, report)),
    { placed, readings, evidence },
  );
  const filters = [...filtersOfBaton, ...loaded.filters.map((filter) => containFilter(filter, report))];
  return { policies, filters, headers: loaded.headers };
}
