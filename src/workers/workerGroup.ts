import type { Socket } from 'node:net';
import type { Log } from '../telemetry/log.ts';
import { excessConnections, healthOf, pickWorker } from './dispatch.ts';
import type { GroupHealth, ParentMessage } from './messages.ts';
import { RestartDelay } from './restartDelay.ts';
import type { WorkerExit, WorkerProcess, WorkerProcessOptions } from './workerProcess.ts';

export interface WorkerGroupOptions {
  readonly size: number;
  /** Starts the nth worker, counted from 1, for connections that come to `address`. */
  readonly startWorker: (
    nth: number,
    address: string,
    listeners: Pick<WorkerProcessOptions, 'onMessage' | 'onDrainRequested' | 'onExit'>,
  ) => WorkerProcess;
  readonly nowMs: () => number;
  readonly log: Log;
  /** An operator asked for it. */
  readonly onDrainRequested: (reason: string) => void;
  /** `health` has changed. */
  readonly onHealthChanged: () => void;
}

/** How often the liveness of the workers is checked. They report as often. */
const livenessIntervalMs = 1_000;
/** A worker that is silent for this long is killed: its streams and health checks get no answer. */
const maxSilenceMs = 5_000;

/** The place of one worker, and of those that replace it. */
interface Slot {
  readonly nth: number;
  readonly delay: RestartDelay;
  worker: WorkerProcess | undefined;
  restart: NodeJS.Timeout | undefined;
}

/**
 * The workers of one port. An ended worker is replaced, a connection goes to the worker that serves
 * the fewest, each worker answers health checks with the group's status, and all drain together.
 *
 * running  → draining   `drain`; or a worker ends before any was fit: the start failed
 * draining → ended      the last worker has ended
 */
export class WorkerGroup {
  readonly #options: WorkerGroupOptions;
  readonly #slots: readonly Slot[];
  readonly #ended = Promise.withResolvers<number>();
  #state: 'running' | 'draining' = 'running';
  #health: GroupHealth = healthOf([], false);
  #wasEverFit = false;
  #exitCode = 0;
  #address = '';
  #livenessTimer: NodeJS.Timeout | undefined;
  #checkedMs: number;
  #runningSinceMs: number;

  constructor(options: WorkerGroupOptions) {
    this.#options = options;
    this.#checkedMs = options.nowMs();
    this.#runningSinceMs = this.#checkedMs;
    this.#slots = Array.from({ length: options.size }, (_, index) => ({
      nth: index + 1,
      delay: new RestartDelay(),
      worker: undefined,
      restart: undefined,
    }));
  }

  /** Resolves with the exit code: 0 when all workers drained. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  /** The health of the port. */
  get health(): GroupHealth {
    return this.#health;
  }

  /** @param address the bound address of the group's port */
  start(address: string): void {
    this.#address = address;
    for (const slot of this.#slots) this.#startWorker(slot);
    this.#livenessTimer = setInterval(() => this.#checkLiveness(), livenessIntervalMs);
  }

  /** Gives a connection to a worker, or closes it when none can take it. */
  dispatch(socket: Socket): void {
    const worker = pickWorker(this.#workers());
    if (worker === undefined) socket.destroy();
    else worker.dispatch(socket);
  }

  /** Health fails on every connection before the first worker drains. */
  drain(reason: string): void {
    if (this.#state === 'draining') return;
    this.#state = 'draining';
    for (const slot of this.#slots) clearTimeout(slot.restart);
    this.#publishHealth();
    this.#broadcast({ kind: 'drain', reason });
    this.#endIfEmpty();
  }

  /** Ends the drain of all workers. */
  forceStop(reason: string): void {
    this.#broadcast({ kind: 'force-stop', reason });
  }

  #startWorker(slot: Slot): void {
    const { startWorker, log, onDrainRequested } = this.#options;
    const worker = startWorker(slot.nth, this.#address, {
      onMessage: () => this.#onMessage(),
      onDrainRequested,
      onExit: (exit) => this.#onExit(slot, exit),
    });
    slot.worker = worker;
    worker.send({ kind: 'health', health: this.#health });
    log.info({ event: 'worker.started', worker: slot.nth, pid: worker.pid }, 'worker started');
  }

  #onMessage(): void {
    // A worker that must not get streams sheds its connections before the group reports SERVING on
    // them.
    for (const { worker, count } of excessConnections(this.#workers())) {
      worker.send({ kind: 'shed-connections', count });
    }
    this.#publishHealth();
  }

  #onExit(slot: Slot, exit: WorkerExit): void {
    const { nowMs, log } = this.#options;
    const ranMs = nowMs() - (slot.worker?.startedMs ?? 0);
    slot.worker = undefined;
    this.#publishHealth();
    if (this.#state === 'draining') {
      if (!isOrderly(exit)) this.#exitCode ||= exit.code ?? 1;
      this.#endIfEmpty();
      return;
    }
    if (!this.#wasEverFit && exit.code !== null) {
      // A replacement would fail in the same way. The worker has logged why.
      this.#exitCode = exit.code;
      this.drain('the start failed');
      return;
    }
    const delayMs = slot.delay.afterEnd(ranMs);
    const fields = { worker: slot.nth, ...exit, ranMs: Math.round(ranMs), delayMs };
    log.warn({ event: 'worker.ended', ...fields }, 'worker ended; a replacement follows');
    slot.restart = setTimeout(() => this.#startWorker(slot), delayMs);
  }

  #publishHealth(): void {
    const phases = this.#workers().map(({ phase }) => phase);
    const health = healthOf(phases, this.#state === 'draining');
    this.#wasEverFit ||= health.isFit;
    const { takesTraffic, isFit } = this.#health;
    if (health.takesTraffic === takesTraffic && health.isFit === isFit) return;
    this.#health = health;
    this.#options.log.info({ event: 'group.health-changed', ...health }, 'health of the port changed');
    this.#broadcast({ kind: 'health', health });
    this.#options.onHealthChanged();
  }

  #broadcast(message: ParentMessage): void {
    for (const worker of this.#workers()) worker.send(message);
  }

  /** Kills workers that do not run. */
  #checkLiveness(): void {
    const { nowMs, log } = this.#options;
    const atMs = nowMs();
    // After a pause of this process, messages of the workers may be waiting to be read.
    if (atMs - this.#checkedMs >= maxSilenceMs / 2) this.#runningSinceMs = atMs;
    this.#checkedMs = atMs;
    for (const { nth, worker } of this.#slots) {
      // A worker without a first message is loading its code.
      if (worker?.lastMessageMs === undefined) continue;
      const silenceMs = atMs - Math.max(worker.lastMessageMs, this.#runningSinceMs);
      if (silenceMs < maxSilenceMs) continue;
      log.warn({ event: 'worker.killed', worker: nth, silenceMs }, 'worker is unresponsive; killed');
      worker.kill();
    }
  }

  #workers(): WorkerProcess[] {
    return this.#slots.flatMap(({ worker }) => worker ?? []);
  }

  #endIfEmpty(): void {
    if (this.#workers().length > 0) return;
    clearInterval(this.#livenessTimer);
    this.#ended.resolve(this.#exitCode);
  }
}

/** What a terminal or a supervisor sends to a whole process group to stop it. */
const groupSignals: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGPWR',
  'SIGXCPU',
]);

/** It drained; or a signal to the whole process group ended it before it installed its handlers. */
function isOrderly({ code, signal }: WorkerExit): boolean {
  return code === 0 || (signal !== null && groupSignals.has(signal));
}
