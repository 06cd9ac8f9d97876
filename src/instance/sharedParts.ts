import type { EventLog } from '../admin/eventLog.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { DynamicConfig } from '../dynamic/dynamicConfig.ts';
import { EtcdSession } from '../etcd/etcdSession.ts';
import { EtcdLedger } from '../ledger/etcdLedger.ts';
import { MemoryLedger } from '../ledger/memoryLedger.ts';
import type { Pool } from '../pool/pool.ts';
import { hashingSchemes } from '../prefix/hashingSchemes.ts';
import type { Handoff } from '../proto/records/handoff.ts';
import { AnnouncedPhase } from '../steering/announcedPhase.ts';
import { SteeringController, type SteeringEvent } from '../steering/steeringController.ts';
import type { Log } from '../telemetry/log.ts';
import type { InstanceMetrics } from './instruments.ts';
import type { Lifecycle } from './lifecycle.ts';
import { PauseDetector } from './pauseDetector.ts';
import type { ProxyContact } from './proxyContact.ts';
import type { SkippedRecords } from './skippedRecords.ts';

/** The ledger of an instance, and with etcd what belongs to being one of several. */
export type SharedParts =
  | { readonly kind: 'memory'; readonly ledger: MemoryLedger }
  | {
      readonly kind: 'etcd';
      readonly store: EtcdSession;
      readonly ledger: EtcdLedger;
      readonly steering: SteeringController;
      readonly pauseDetector: PauseDetector;
    };

export interface SharedPartsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly events: EventLog;
  readonly startedAt: Date;
  readonly lifecycle: Lifecycle;
  readonly dynamic: DynamicConfig;
  readonly pool: Pool;
  readonly skipped: SkippedRecords;
  readonly proxy: ProxyContact;
  /** A share of the pods is this instance's to ask for their metrics. */
  readonly readsMetrics: () => boolean;
}

/** Not started yet. */
export function createSharedParts(options: SharedPartsOptions): SharedParts {
  const { config, lifecycle, pool } = options;
  if (config.etcd.endpoints.length === 0) return { kind: 'memory', ledger: new MemoryLedger() };
  const announcedPhase = new AnnouncedPhase(lifecycle);
  const isWithoutEndpoints = (): boolean => pool.ready().length === 0;
  const store = new EtcdSession({ ...config.etcd, prefix: `${config.etcd.prefix}/${config.pool.name}/` });
  const ledger = createLedger(options, store, announcedPhase, isWithoutEndpoints);
  const steering = createSteering(options, store, ledger, announcedPhase, isWithoutEndpoints);
  const pauseDetector = new PauseDetector({
    // After a pause of this length the lease is over, so peers treat this instance as dead.
    minPauseMs: config.etcd.leaseTtlSeconds * 1000,
    clock: systemClock,
    onResumed: (pausedSinceMs) => {
      ledger.onResumedAfterPause(pausedSinceMs);
      steering.onResumedAfterPause();
    },
  });
  return { kind: 'etcd', store, ledger, steering, pauseDetector };
}

function createLedger(
  { config, log, metrics, events, startedAt, dynamic, skipped, readsMetrics }: SharedPartsOptions,
  store: EtcdSession,
  announcedPhase: AnnouncedPhase,
  isWithoutEndpoints: () => boolean,
): EtcdLedger {
  const { instance, sync, etcd, server } = config;
  const { id, release, generation, zone } = instance;
  return new EtcdLedger({
    store,
    localId: id,
    startedUnixMs: startedAt.getTime(),
    self: () => ({
      ...(sync.prefixBytesPerSecond > 0 ? { hashingSchemes } : {}),
      phase: announcedPhase.current,
      withoutEndpoints: isWithoutEndpoints(),
      release,
      generation,
      zone,
      addresses: [server.address],
      ...(readsMetrics() && { readsMetrics: true }),
    }),
    writeBudget: () => dynamic.config.sync,
    staleDecayMs: sync.staleDecayMs,
    timeoutMs: etcd.leaseTtlSeconds * 1000,
    clock: systemClock,
    unixMs: Date.now,
    onHandoff: (from: string, { counts, ttlMs }: Handoff) => {
      const fields = { from, counts: Object.fromEntries(counts), ttlMs };
      log.info({ event: 'handoff.received', ...fields }, 'handoff received');
      events.add('handoff', `${from} handed off requests in flight`, fields);
    },
    onSkipped: (kind, key, cause) => skipped.unreadable(kind, key, cause),
    log,
    metrics,
  });
}

function createSteering(
  { config, log, events, lifecycle, skipped, proxy }: SharedPartsOptions,
  store: EtcdSession,
  ledger: EtcdLedger,
  announcedPhase: AnnouncedPhase,
  isWithoutEndpoints: () => boolean,
): SteeringController {
  const { upgrade, instance, startup } = config;
  return new SteeringController({
    mode: upgrade.steering,
    id: instance.id,
    generation: instance.generation,
    minReady: upgrade.minReady,
    settleMs: upgrade.settleMs,
    storeWaitMs: startup.storeWaitMs,
    lifecycle,
    announcedPhase,
    store,
    ledger,
    isWithoutEndpoints,
    proxyQuietMs: () => proxy.quietMs(),
    clock: systemClock,
    onEvent: (event) => {
      const { message, fields } = describeSteering(event);
      log.info({ event: `steering.${event.kind}`, ...fields }, message);
      events.add('steering', message, fields);
    },
    onUnreadable: (cause) => skipped.unreadable('pinnedGeneration', '', cause),
  });
}

function describeSteering(event: SteeringEvent): { message: string; fields: Record<string, unknown> } {
  switch (event.kind) {
    case 'settling': {
      const { reason, settleMs } = event;
      return { message: 'standby is settling', fields: { reason, settleMs } };
    }
    case 'pinned':
      return { message: `generation ${event.pinned.generation} is pinned`, fields: { ...event.pinned } };
    case 'released':
      return { message: 'no generation is pinned', fields: {} };
    default:
      return event satisfies never;
  }
}
