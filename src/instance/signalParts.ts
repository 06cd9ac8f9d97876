import type { EventLog } from '../admin/eventLog.ts';
import type { EndpointReport } from '../admin/state.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import type { FilterContext } from '../scheduling/filter.ts';
import { noQuarantine, withoutQuarantined } from '../scheduling/filters/quarantine.ts';
import type { ReservableLoad } from '../scheduling/reservation.ts';
import { PeerSignals } from '../signals/peerSignals.ts';
import { PenalizedLoad } from '../signals/penalizedLoad.ts';
import type { HealthTransition, PodHealth } from '../signals/podHealth.ts';
import { PodSignals } from '../signals/podSignals.ts';
import { SharedSignals } from '../signals/sharedSignals.ts';
import type { Log } from '../telemetry/log.ts';
import type { InstanceMetrics } from './instruments.ts';
import type { SharedParts } from './sharedParts.ts';
import type { SkippedRecords } from './skippedRecords.ts';

/** What decides which of the ready endpoints are used, from how their responses end. */
export interface SignalParts {
  /** undefined: `signals.enabled` is false. */
  readonly podSignals: PodSignals | undefined;
  /** undefined: there are no other instances to share with. */
  readonly shared: SharedSignals | undefined;
  /** The endpoints that decisions leave out. */
  readonly quarantine: Pick<FilterContext, 'quarantined' | 'maxQuarantinedShare'>;
  /** The load as decisions see it. */
  readonly load: ReservableLoad;
}

export interface SignalPartsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly events: EventLog;
  readonly pool: CompositePool;
  readonly sharing: SharedParts;
  readonly skipped: SkippedRecords;
  /** The load, corrected by what pods say of themselves. */
  readonly load: ReservableLoad;
}

export function createSignalParts(options: SignalPartsOptions): SignalParts {
  const { config, pool, sharing, metrics, load } = options;
  const { enabled, quarantineMaxPercent, ...settings } = config.signals;
  if (!enabled) return { podSignals: undefined, shared: undefined, quarantine: noQuarantine, load };
  const peers = new PeerSignals();
  const podSignals = new PodSignals({
    settings,
    clock: systemClock,
    random: Math.random,
    schedulers: () => (sharing.kind === 'memory' ? 1 : Math.max(1, sharing.ledger.serving)),
    isDoubtful: (address) => pool.isDoubtful(address),
    onGood: (address, startMs) => pool.recordAnswer(address, startMs),
    onTransition: (transition) => report(options, transition),
    onFailure: (failure) => metrics.podFailures.add(failure),
    peerFailures: (address) => peers.failures(address),
  });
  const maxQuarantinedShare = quarantineMaxPercent / 100;
  const quarantine = { quarantined: () => podSignals.excluded, maxQuarantinedShare };
  const shared = createSharedSignals(options, podSignals, peers);
  return { podSignals, shared, quarantine, load: new PenalizedLoad(load, podSignals.penalties) };
}

function createSharedSignals(
  { config, pool, sharing, skipped }: SignalPartsOptions,
  signals: PodSignals,
  peers: PeerSignals,
): SharedSignals | undefined {
  if (sharing.kind === 'memory') return undefined;
  return new SharedSignals({
    localId: config.instance.id,
    store: sharing.store,
    signals,
    peers,
    isInPool: (address) => pool.addresses.has(address),
    random: Math.random,
    clock: systemClock,
    onUnreadable: (key, cause) => skipped.unreadable('signals', key, cause),
  });
}

/** The ready endpoints that decisions do not leave out for quarantine. */
export function usedEndpoints(
  ready: readonly Endpoint[],
  { quarantined, maxQuarantinedShare }: SignalParts['quarantine'],
): readonly Endpoint[] {
  return withoutQuarantined(ready, quarantined(), maxQuarantinedShare);
}

/** What `/state` shows of the quarantine of one endpoint. */
export function quarantineReport(health: PodHealth, isExcluded: boolean): EndpointReport['quarantine'] {
  if (health.kind === 'trusted' || health.kind === 'suspected') return null;
  const untilMs = health.kind === 'quarantined' ? health.untilMs : 0;
  return {
    reason: health.reason,
    remainingMs: Math.max(0, Math.round(untilMs - systemClock.nowMs())),
    level: health.level,
    foundBy: health.kind === 'quarantined' ? (health.from ?? null) : null,
    excluded: isExcluded,
  };
}

function report({ log, events, metrics }: SignalPartsOptions, { address, from, to }: HealthTransition): void {
  const fields = { endpoint: address, from: from.kind, to: to.kind };
  switch (to.kind) {
    case 'quarantined': {
      const forMs = Math.round(to.untilMs - systemClock.nowMs());
      const details = {
        ...fields,
        reason: to.reason,
        forMs,
        level: to.level,
        foundBy: to.from ?? 'this instance',
      };
      metrics.quarantines.add(to.reason);
      log.warn({ event: 'endpoint.quarantined', ...details }, 'endpoint quarantined');
      events.add('quarantine', `${address} is quarantined for ${forMs} ms: ${to.reason}`, details);
      break;
    }
    case 'trial':
      log.info({ event: 'endpoint.trial', ...fields, reason: to.reason }, 'endpoint on trial');
      break;
    case 'trusted':
      if (from.kind === 'suspected') break;
      log.info({ event: 'endpoint.trusted', ...fields }, 'endpoint trusted again');
      events.add('quarantine', `${address} is trusted again`, fields);
      break;
    case 'suspected':
      log.debug({ event: 'endpoint.suspected', ...fields }, 'endpoint suspected');
      break;
    default:
      to satisfies never;
  }
}
