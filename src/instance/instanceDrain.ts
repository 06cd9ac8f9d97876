import type { EventLog } from '../admin/eventLog.ts';
import type { DrainReport } from '../admin/state.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { Exchanges } from '../extproc/exchanges.ts';
import { takesTraffic } from '../phase.ts';
import type { Log } from '../telemetry/log.ts';
import { drain } from './drain.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { SharedParts } from './sharedParts.ts';

export interface InstanceDrainOptions {
  readonly config: Pick<Config, 'drain' | 'upgrade'>;
  readonly lifecycle: Lifecycle;
  readonly exchanges: Exchanges;
  readonly sharing: SharedParts;
  /** The port's health covers other instances as well. */
  readonly isPortShared: boolean;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly log: Log;
}

/**
 * The drain of one instance: from draining to stopped, with a handoff of the requests that
 * continue.
 */
export class InstanceDrain {
  readonly #options: InstanceDrainOptions;
  #report: (() => DrainReport) | undefined;

  constructor(options: InstanceDrainOptions) {
    this.#options = options;
  }

  /** null before the drain. */
  report(): DrainReport | null {
    return this.#report?.() ?? null;
  }

  /** @param reason why the instance drains, for log lines */
  async run(reason: string, forceStop: AbortSignal): Promise<void> {
    const { config, lifecycle, exchanges, sharing, clock, events, log } = this.#options;
    const noticeMs = this.#noticeMs();
    const outcome = { halfClosed: 0, handedOff: 0 };
    const report = this.#startReport(outcome);
    lifecycle.moveTo('draining', reason);
    const inFlight = (): ReadonlyMap<string, number> => sharing.ledger.local();
    const { left, halfClosed, tookMs } = await drain({
      ...config.drain,
      noticeMs,
      exchanges,
      inFlight,
      clock,
      forceStop,
    });
    outcome.halfClosed = halfClosed;
    // In the same turn of the event loop: a new stream is refused, and Envoy retries it elsewhere.
    lifecycle.moveTo('stopped', 'drain completed');
    outcome.handedOff = await this.#handOff(left);
    const fields = { tookMs, noticeMs, ...outcome, finished: report().finished };
    log.info({ event: 'drain.completed', ...fields }, 'drain completed');
    events.add('drain', 'drain completed', fields);
  }

  /** In standby or starting, health failed already, so Envoy has had a part of the notice. */
  #noticeMs(): number {
    const { config, lifecycle, isPortShared } = this.#options;
    const wasServing = isPortShared || takesTraffic(lifecycle.phase);
    const givenMs = wasServing ? 0 : lifecycle.phaseAgeMs;
    return Math.max(0, config.drain.noticeMs - givenMs);
  }

  #startReport(outcome: Pick<DrainReport, 'halfClosed' | 'handedOff'>): () => DrainReport {
    const { config, exchanges, clock } = this.#options;
    const startedMs = clock.nowMs();
    const startedAt = new Date().toISOString();
    const finishedBefore = exchanges.finished;
    this.#report = () => ({
      startedAt,
      open: exchanges.open,
      finished: exchanges.finished - finishedBefore - outcome.halfClosed,
      ...outcome,
      graceLeftMs: Math.max(0, config.drain.graceMs - (clock.nowMs() - startedMs)),
    });
    return this.#report;
  }

  /** Publishes the requests that continue without being counted here. Returns how many. */
  async #handOff(left: ReadonlyMap<string, number>): Promise<number> {
    const { config, sharing, log } = this.#options;
    const { handoffTtlMs } = config.upgrade;
    if (left.size === 0 || handoffTtlMs === 0 || sharing.kind === 'memory') return 0;
    try {
      await sharing.ledger.handOff(left, handoffTtlMs);
    } catch (cause) {
      log.warn({ event: 'handoff.failed', cause }, 'handoff failed: peers do not count the open requests');
      return 0;
    }
    return [...left.values()].reduce((sum, count) => sum + count, 0);
  }
}
