import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { DynamicConfig } from '../dynamic/dynamicConfig.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import { type HashingScheme, newestScheme, schemeOf } from '../prefix/hashingSchemes.ts';
import { SharedPrompts } from '../prefixSharing/sharedPrompts.ts';
import { PlacedPrompts } from '../scheduling/placedPrompts.ts';
import { HitComparison } from '../signals/readings/hitComparison.ts';
import type { PodReadings } from '../signals/readings/podReadings.ts';
import type { Log } from '../telemetry/log.ts';
import { followEngines } from './followEngines.ts';
import type { InstanceMetrics } from './instruments.ts';
import type { SharedParts } from './sharedParts.ts';
import type { SkippedRecords } from './skippedRecords.ts';

/** Where prompts went. It costs nothing until the policy `prefix` places one. */
export interface PromptParts {
  readonly placed: PlacedPrompts;
  /** undefined: there are no other instances to share with. */
  readonly shared: SharedPrompts | undefined;
  /** How prompts are hashed now. */
  readonly schemes: () => readonly HashingScheme[];
  /** What pods find in their caches, against what was expected. */
  readonly hits: HitComparison;
}

export interface PromptPartsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly startedAt: Date;
  readonly dynamic: DynamicConfig;
  readonly pool: CompositePool;
  readonly sharing: SharedParts;
  readonly skipped: SkippedRecords;
  readonly readings: PodReadings;
}

/** A request or the dynamic configuration may name `prefix` at any time, so it is always there. */
export function createPromptParts(options: PromptPartsOptions): PromptParts {
  const { podCacheTokens, podPrefillTokensPerSecond } = options.config.scheduling;
  const hits = new HitComparison(systemClock.nowMs);
  const placed: PlacedPrompts = new PlacedPrompts({
    pods: { cacheTokens: podCacheTokens, prefillTokensPerSecond: podPrefillTokensPerSecond },
    random: Math.random,
    nowMs: systemClock.nowMs,
    onPlaced: ({ address }, prompt, { uncachedTokens, work }) => {
      hits.expect(address, prompt.totalTokens, prompt.totalTokens - uncachedTokens);
      options.sharing.ledger.assign(address, work);
      shared?.onPlaced(address, prompt, uncachedTokens);
    },
  });
  followPeers(options.sharing, placed);
  const shared = createSharedPrompts(options, placed);
  const { log, metrics, readings } = options;
  const onRestarted = (endpoint: string): void => {
    metrics.engineRestarts.add();
    log.info({ event: 'endpoint.engine-restarted', endpoint }, 'the engine of an endpoint has restarted');
  };
  followEngines({ readings, placed, hits, onRestarted });
  return { placed, shared, hits, schemes: schemesOf(shared) };
}

function schemesOf(shared: SharedPrompts | undefined): PromptParts['schemes'] {
  if (shared === undefined) return () => [newestScheme];
  return () => shared.schemes.map(schemeOf);
}

function followPeers(sharing: SharedParts, placed: PlacedPrompts): void {
  if (sharing.kind === 'memory') return;
  const { ledger } = sharing;
  ledger.loadReports.onPeerTokens((address) => placed.onAssigned(address, ledger.assignedTokens(address)));
}

function createSharedPrompts(options: PromptPartsOptions, prompts: PlacedPrompts): SharedPrompts | undefined {
  const { config, log, metrics, startedAt, dynamic, pool, sharing, skipped } = options;
  const { prefixBytesPerSecond: bytesPerSecond } = config.sync;
  if (sharing.kind === 'memory' || bytesPerSecond === 0) return undefined;
  const { ledger, store } = sharing;
  return new SharedPrompts({
    localId: config.instance.id,
    startedUnixMs: startedAt.getTime(),
    prompts,
    store,
    instances: () => ledger.instances,
    isInPool: (address) => pool.addresses.has(address),
    isPoolKnown: () => pool.isKnown,
    budget: () => ({ bytesPerSecond, writesPerSecond: dynamic.config.sync.writesPerSecond }),
    clock: systemClock,
    onSkipped: (kind, key, cause) => skipped.unreadable(kind, key, cause),
    log,
    metrics,
  });
}
