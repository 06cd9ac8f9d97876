import type { Socket } from 'node:net';
import type { Log } from '../telemetry/log.ts';
import { excessConnections, healthOf, pickWorker } from './dispatch.ts';
import type { GroupHealth, ParentMessage } from './messages.ts';
import { RestartDelay } from './restartDelay.ts';
import type { WorkerEnd, WorkerProcess, WorkerProcessOptions } from './workerProcess.ts';

export interface WorkerGroupOptions {
  readonly size: number;
  /** Starts the nth worker, counted from 1. */
  readonly start: (
    nth: number,
    listeners: Pick<WorkerProcessOptions, 'onMessage' | 'onEnd'>,
  ) => WorkerProcess;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** How often the workers are looked at; they speak as often. */
const lookMs = 1_000;
/** One that says nothing for so long does not run, and is ended: its streams and health checks wait for nothing. */
const silenceMs = 5_000;

/** The place of one worker: who holds it now, and who follows when. */
interface Place {
  readonly nth: number;
  readonly delay: RestartDelay;
  worker: WorkerProcess | undefined;
  restart: NodeJS.Timeout | undefined;
}

/**
 * The workers of one port: each place is filled anew when its worker ends, connections go to the one that
 * serves the fewest, every worker gives the group's answer to health checks, and all leave together.
 *
 * running → leaving   `leave`, or a worker cannot start and none ever could
 * leaving → ended     the last worker has ended
 */
export class WorkerGroup {
  readonly #options: WorkerGroupOptions;
  readonly #places: readonly Place[];
  readonly #ended = Promise.withResolvers<number>();
  #state: 'running' | 'leaving' = 'running';
  #health: GroupHealth = healthOf([], false);
  #wasEverFit = false;
  #exitCode = 0;
  #looking: NodeJS.Timeout | undefined;
  #lookedMs: number;
  #listeningSinceMs: number;

  constructor(options: WorkerGroupOptions) {
    this.#options = options;
    this.#lookedMs = options.nowMs();
    this.#listeningSinceMs = this.#lookedMs;
    this.#places = Array.from({ length: options.size }, (_, index) => ({
      nth: index + 1,
      delay: new RestartDelay(),
      worker: undefined,
      restart: undefined,
    }));
  }

  /** The exit code: 0 when all ended as they were told to. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  start(): void {
    for (const place of this.#places) this.#fill(place);
    this.#looking = setInterval(() => this.#look(), lookMs);
  }

  /** A connection has come to the port. */
  dispatch(socket: Socket): void {
    const taker = pickWorker(this.#workers());
    if (taker === undefined) socket.destroy();
    else taker.dispatch(socket);
  }

  /** All drain together; told a second time, all end their drain. */
  drain(): void {
    const isAgain = this.#state === 'leaving';
    this.#state = 'leaving';
    for (const place of this.#places) clearTimeout(place.restart);
    // Health first, for all: before anyone drains, everybody says no.
    this.#tellHealth();
    this.#tell({ kind: isAgain ? 'forceStop' : 'drain' });
    this.#endIfAllHave();
  }

  #fill(place: Place): void {
    const { start, log } = this.#options;
    place.worker = start(place.nth, {
      onMessage: () => this.#onMessage(),
      onEnd: (end) => this.#onEnd(place, end),
    });
    place.worker.send({ kind: 'health', health: this.#health });
    log.info({ worker: place.nth, pid: place.worker.pid }, 'worker started');
  }

  #onMessage(): void {
    // What is not to get streams loses its connections before it says yes for the group.
    for (const { sharer, count } of excessConnections(this.#workers()))
      sharer.send({ kind: 'let-go', count });
    this.#tellHealth();
  }

  #onEnd(place: Place, end: WorkerEnd): void {
    const { nowMs, log } = this.#options;
    const livedMs = nowMs() - (place.worker?.startedMs ?? 0);
    place.worker = undefined;
    this.#tellHealth();
    if (this.#state === 'leaving') {
      if (!isOrderly(end)) this.#exitCode ||= end.code ?? 1;
      this.#endIfAllHave();
      return;
    }
    if (!this.#wasEverFit && end.code !== null) {
      // It has said why, and the next one would say the same.
      this.#exitCode = end.code;
      this.drain();
      return;
    }
    const afterMs = place.delay.afterEnd(livedMs);
    log.warn(
      { worker: place.nth, ...end, livedMs: Math.round(livedMs), afterMs },
      'worker ended, and is replaced',
    );
    place.restart = setTimeout(() => this.#fill(place), afterMs);
  }

  #tellHealth(): void {
    const phases = this.#workers().map(({ phase }) => phase);
    const health = healthOf(phases, this.#state === 'leaving');
    this.#wasEverFit ||= health.isFit;
    const { takesTraffic, isFit } = this.#health;
    if (health.takesTraffic === takesTraffic && health.isFit === isFit) return;
    this.#health = health;
    this.#options.log.info(
      { ...health },
      health.takesTraffic ? 'the port takes traffic' : 'the port takes no traffic',
    );
    this.#tell({ kind: 'health', health });
  }

  #tell(order: ParentMessage): void {
    for (const worker of this.#workers()) worker.send(order);
  }

  /** Ends workers that do not run. */
  #look(): void {
    const { nowMs, log } = this.#options;
    const atMs = nowMs();
    // While this process did not run either, it cannot have heard anybody.
    if (atMs - this.#lookedMs >= silenceMs / 2) this.#listeningSinceMs = atMs;
    this.#lookedMs = atMs;
    for (const { nth, worker } of this.#places) {
      // One that has not spoken yet is loading its code.
      if (worker?.heardMs === undefined) continue;
      if (atMs - Math.max(worker.heardMs, this.#listeningSinceMs) < silenceMs) continue;
      log.warn({ worker: nth, silenceMs }, 'worker does not run, and is ended');
      worker.kill();
    }
  }

  #workers(): WorkerProcess[] {
    return this.#places.flatMap(({ worker }) => worker ?? []);
  }

  #endIfAllHave(): void {
    if (this.#workers().length > 0) return;
    clearInterval(this.#looking);
    this.#ended.resolve(this.#exitCode);
  }
}

/** It left as told; or a signal to the whole process group caught it before it could listen to its parent. */
function isOrderly({ code, signal }: WorkerEnd): boolean {
  return code === 0 || signal === 'SIGTERM' || signal === 'SIGINT';
}
