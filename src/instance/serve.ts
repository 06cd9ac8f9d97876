import { startAdmin } from '../admin/server.ts';
import type { DrainReport, InstanceState, Readiness } from '../admin/state.ts';
import type { Config } from '../config/schema.ts';
import type { EtcdSessionState } from '../etcd/sessionListeners.ts';
import { type Phase, takesTraffic } from '../phase.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import { drain } from './drain.ts';
import { type Host, StandaloneHost } from './host.ts';
import { instanceGauges } from './instruments.ts';
import { assemble, type InstanceParts, nowMs } from './parts.ts';
import { readinessOf } from './readiness.ts';
import { sessionListeners } from './sessionListeners.ts';
import { instanceState, isDegraded } from './state.ts';

/** How long clients may take to leave closed connections before they are cut. */
const leavePatienceMs = 1_000;

/**
 * Runs one instance until it is told to stop: starts its parts, lets it become ready, drains it when told,
 * stops its parts in the reverse order. Told twice, it ends the drain at once, still cleanly.
 *
 * @returns the exit code
 * @throws ListenError when an address is taken, or what the pool's sources say when they cannot start
 */
export async function serve(
  config: Config,
  station: Host = new StandaloneHost(config.server.address),
): Promise<number> {
  const telemetry = await startTelemetry({ ...config.telemetry, instance: config.instance });
  const running = new RunningInstance(assemble(config, telemetry, station.portHealth), station);
  // A library's forgotten promise must not end the requests of others.
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (cause) => {
    telemetry.log.error({ cause: String(cause) }, 'a rejection that nobody handled');
  });

  try {
    await running.start();
    const { drain: told } = station;
    if (!told.aborted) {
      await new Promise((resolve) => told.addEventListener('abort', resolve, { once: true }));
    }
    await running.drain(station.forceStop);
  } finally {
    await running.stop();
    await telemetry.stop();
  }
  return 0;
}

/** The start and stop sequences of an instance, and what is known only while it runs. */
class RunningInstance {
  readonly #instance: InstanceParts;
  readonly #station: Host;
  #addresses: readonly string[] = [];
  #storeWaitOver = false;
  #storeWait: NodeJS.Timeout | undefined;
  #admin: Awaited<ReturnType<typeof startAdmin>> | undefined;
  #drain: (() => DrainReport) | undefined;
  #joins = 0;
  /** At the start: Envoy has never been told yes. */
  #phaseSinceMs = Number.NEGATIVE_INFINITY;

  constructor(instance: InstanceParts, station: Host) {
    this.#instance = instance;
    this.#station = station;
  }

  async start(): Promise<void> {
    const { config, pool, sharing, steering, consistencyCheck, transport, lifecycle, telemetry } =
      this.#instance;
    lifecycle.onChange(({ from, to, reason }) => this.#tellPhase(from, to, reason));
    telemetry.observe(() => this.#state(), instanceGauges);
    this.#addresses = [await this.#station.open(transport)];
    if (config.admin.address !== 'off') {
      this.#admin = await startAdmin({
        address: config.admin.address,
        state: () => this.#state(),
        metricsText: () => telemetry.metricsText(),
        events: this.#instance.events,
      });
    }
    telemetry.log.info(
      { addresses: this.#addresses, admin: this.#admin?.address, store: sharing.kind },
      'listening, not ready yet',
    );
    pool.onChange(() => this.#becomeReadyIfSo());
    const poolStarted = pool.start();
    if (sharing.kind === 'etcd') this.#joinStore(sharing);
    steering?.start();
    consistencyCheck.start();
    await poolStarted;
    this.#becomeReadyIfSo();
  }

  async drain(forceStop: AbortSignal): Promise<void> {
    const { config, lifecycle, exchanges, sharing, telemetry, events } = this.#instance;
    const beganMs = nowMs();
    const startedAt = new Date().toISOString();
    const finishedBefore = exchanges.finished;
    // Standing by or starting, it has been saying no to Envoy for a while already; a group may have said yes.
    const saidYes = this.#station.portHealth !== undefined || takesTraffic(lifecycle.phase);
    const noticedMs = saidYes ? 0 : beganMs - this.#phaseSinceMs;
    let outcome = { halfClosed: 0, handedOff: 0 };
    this.#drain = () => ({
      startedAt,
      open: exchanges.open,
      finished: exchanges.finished - finishedBefore - outcome.halfClosed,
      ...outcome,
      graceLeftMs: Math.max(0, config.drain.graceMs - (nowMs() - beganMs)),
    });
    lifecycle.moveTo('draining', 'told to stop');
    const noticeMs = Math.max(0, config.drain.noticeMs - noticedMs);
    const inFlight = (): ReadonlyMap<string, number> => sharing.ledger.local();
    const { left, ...result } = await drain({
      ...config.drain,
      noticeMs,
      exchanges,
      inFlight,
      nowMs,
      forceStop: forceStop,
    });
    outcome = { ...outcome, halfClosed: result.halfClosed };
    // In the same turn: a stream that comes now is refused, and Envoy asks another instance.
    lifecycle.moveTo('stopped', 'nothing left to do');
    outcome = { ...outcome, handedOff: await this.#handOff(left) };
    const told = { ...result, ...outcome, finished: this.#drain().finished };
    telemetry.log.info(told, 'drained');
    events.add('drain', 'drained', told);
  }

  async stop(): Promise<void> {
    const { lifecycle, sharing, transport, pool, steering, consistencyCheck } = this.#instance;
    clearTimeout(this.#storeWait);
    // Not drained: it could not start.
    if (lifecycle.phase !== 'stopped') lifecycle.moveTo('stopped', 'the start failed');
    steering?.stop();
    await consistencyCheck.stop();
    if (sharing.kind === 'etcd') {
      await sharing.ledger.stop();
      await sharing.store.stop();
    }
    await transport.close(leavePatienceMs);
    await pool.stop();
    await this.#admin?.stop();
  }

  /** Tells the others of requests that go on without being counted here; answers of how many. */
  async #handOff(left: ReadonlyMap<string, number>): Promise<number> {
    const { config, sharing, telemetry } = this.#instance;
    const { handoffTtlMs } = config.upgrade;
    if (left.size === 0 || handoffTtlMs === 0 || sharing.kind === 'memory') return 0;
    try {
      await sharing.ledger.handOff(left, handoffTtlMs);
    } catch (cause) {
      telemetry.log.warn({ cause: String(cause) }, 'the others do not learn of the requests that go on');
      return 0;
    }
    return [...left.values()].reduce((sum, count) => sum + count, 0);
  }

  #joinStore(sharing: Extract<InstanceParts['sharing'], { kind: 'etcd' }>): void {
    const { config, telemetry, metrics, events } = this.#instance;
    const onState = (state: EtcdSessionState): void => {
      if (state.kind === 'joined') {
        this.#joins += 1;
        if (this.#joins > 1) metrics.leaseRegrants.add();
      }
      const fields = { ...state, degraded: isDegraded(sharing) };
      telemetry.log[state.kind === 'joining' ? 'warn' : 'info'](fields, `store ${state.kind}`);
      events.add('store', `store ${state.kind}`, fields);
      this.#becomeReadyIfSo();
    };
    sharing.store.start(sessionListeners(this.#instance, sharing.ledger, onState));
    this.#storeWait = setTimeout(() => {
      this.#storeWaitOver = true;
      this.#becomeReadyIfSo();
    }, config.startup.storeWaitMs);
  }

  #becomeReadyIfSo(): void {
    const { lifecycle, sharing, steering } = this.#instance;
    if (lifecycle.phase !== 'starting' || !this.#readiness().ready) return;
    clearTimeout(this.#storeWait);
    const course = steering?.begin();
    if (course?.kind === 'stand-by') lifecycle.moveTo('standby', course.because);
    else
      lifecycle.moveTo('ready', isDegraded(sharing) ? 'without the shared store: degraded' : 'all is there');
  }

  /** What is missing for the first readiness, or what phase stands against it now. */
  #readiness(): Readiness {
    const { lifecycle, sharing, pool } = this.#instance;
    if (lifecycle.phase === 'draining' || lifecycle.phase === 'stopped') {
      return { ready: false, reasons: [`the instance is ${lifecycle.phase}`] };
    }
    if (lifecycle.phase !== 'starting') return { ready: true, reasons: [] };
    return readinessOf({
      listening: this.#addresses.length > 0,
      store:
        sharing.kind === 'memory' ? 'none' : sharing.store.state.kind === 'joined' ? 'joined' : 'joining',
      storeWaitOver: this.#storeWaitOver,
      endpointsKnown: pool.all().length,
      endpointsReady: pool.ready().length,
    });
  }

  #state(): InstanceState {
    return instanceState(this.#instance, {
      addresses: this.#addresses,
      readiness: this.#readiness(),
      drain: this.#drain?.() ?? null,
      regrants: Math.max(0, this.#joins - 1),
    });
  }

  #tellPhase(from: Phase, to: Phase, reason: string): void {
    const { telemetry, events, health, sharing } = this.#instance;
    this.#phaseSinceMs = nowMs();
    telemetry.log.info({ from, to, reason }, `phase ${to}`);
    events.add('phase', `${from} → ${to}: ${reason}`, { from, to });
    health.changed();
    this.#station.reportPhase(to);
    // The record follows the phase; the next join writes it if this does not.
    if (sharing.kind === 'etcd') sharing.ledger.announce();
  }
}
