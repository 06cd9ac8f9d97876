import type { DrainReport } from '../admin/state.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import { type Phase, takesTraffic } from '../phase.ts';
import type { Log } from '../telemetry/log.ts';
import { drain } from './drain.ts';
import type { PoolParts } from './poolParts.ts';

type DrainedPool = Pick<PoolParts, 'events' | 'exchanges' | 'lifecycle' | 'sharing'>;

export interface InstanceDrainOptions {
  readonly config: Pick<Config, 'drain' | 'upgrade'>;
  readonly pools: readonly DrainedPool[];
  readonly phase: () => Phase;
  /** The port's health covers other instances as well. */
  readonly isPortShared: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The drain of one instance: from draining to stopped, of all its pools at once, since they share
 * a port; with a handoff of the requests that continue.
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
    const { config, pools, clock, log } = this.#options;
    const noticeMs = this.#noticeMs();
    const outcome = { halfClosed: 0, handedOff: 0 };
    const report = this.#startReport(outcome);
    for (const { lifecycle } of pools) lifecycle.moveTo('draining', reason);
    const { left, halfClosed, tookMs } = await drain({
      ...config.drain,
      noticeMs,
      exchanges: exchangesOfAll(pools),
      takeCounts: () => pools.map((pool) => ({ pool, counts: new Map(pool.sharing.ledger.local()) })),
      clock,
      forceStop,
    });
    outcome.halfClosed = halfClosed;
    // In the same turn of the event loop: a new stream is refused, and Envoy retries it elsewhere.
    for (const { lifecycle } of pools) lifecycle.moveTo('stopped', 'drain completed');
    const handedOff = await Promise.all(left.map(({ pool, counts }) => this.#handOff(pool, counts)));
    outcome.handedOff = handedOff.reduce((sum, count) => sum + count, 0);
    const fields = { tookMs, noticeMs, ...outcome, finished: report().finished };
    log.info({ event: 'drain.completed', ...fields }, 'drain completed');
    for (const { events } of pools) events.add('drain', 'drain completed', fields);
  }

  /** In standby or starting, health failed already, so Envoy has had a part of the notice. */
  #noticeMs(): number {
    const { config, phase, pools, isPortShared } = this.#options;
    const wasServing = isPortShared || takesTraffic(phase());
    const givenMs = wasServing ? 0 : Math.min(...pools.map(({ lifecycle }) => lifecycle.phaseAgeMs));
    return Math.max(0, config.drain.noticeMs - givenMs);
  }

  #startReport(outcome: Pick<DrainReport, 'halfClosed' | 'handedOff'>): () => DrainReport {
    const { config, pools, clock } = this.#options;
    const exchanges = exchangesOfAll(pools);
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
  async #handOff({ sharing }: DrainedPool, left: ReadonlyMap<string, number>): Promise<number> {
    const { config, log } = this.#options;
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

/** The exchanges of all pools as those of one port. */
function exchangesOfAll(pools: readonly DrainedPool[]) {
  const all = pools.map(({ exchanges }) => exchanges);
  const sum = (countOf: (one: DrainedPool['exchanges']) => number): number =>
    all.reduce((total, one) => total + countOf(one), 0);
  return {
    get open() {
      return sum(({ open }) => open);
    },
    get finished() {
      return sum(({ finished }) => finished);
    },
    quietMs: () => Math.min(...all.map((one) => one.quietMs())),
    settleAll: () => {
      for (const one of all) one.settleAll();
    },
    halfCloseAll: () => sum((one) => one.halfCloseAll()),
  };
}
