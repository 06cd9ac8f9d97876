import type { Socket } from 'node:net';
import type { Config } from '../config/schema.ts';
import type { ConnectionAdopter, GrpcServer } from '../grpc/grpcServer.ts';
import type { Host, PortHealth } from '../instance/host.ts';
import type { Phase } from '../phase.ts';
import type { GroupHealth, ParentMessage, WorkerMessage } from './messages.ts';

/** How often a worker reports that it runs. */
const aliveIntervalMs = 1_000;

/**
 * The worker's end of the channel to its parent. Connections, the group's health and requests to
 * stop arrive here. When the channel closes the parent is gone, so no client can reach the worker
 * any more and it drains. Signals are the parent's to handle: a terminal or a supervisor sends them
 * to the whole process group, so here they only must not end the process (main.ts).
 */
export class WorkerHost implements Host {
  readonly portHealth: PortHealth;
  readonly #config = Promise.withResolvers<Config>();
  readonly #drain = new AbortController();
  readonly #forceStop = new AbortController();
  readonly #healthListeners = new Set<() => void>();
  #health: GroupHealth = { takesTraffic: false, isFit: false };
  #server: ConnectionAdopter | undefined;
  #received = 0;
  #lastReport: string | undefined;

  constructor() {
    this.portHealth = {
      takesTraffic: () => this.#health.takesTraffic,
      isFit: () => this.#health.isFit,
      onChange: (listener) => void this.#healthListeners.add(listener),
    };
    process.on('message', (message: ParentMessage, socket?: Socket) => this.#onMessage(message, socket));
    process.on('disconnect', () => {
      this.#setHealth({ takesTraffic: false, isFit: false });
      this.#drain.abort('parent process is gone');
    });
    setInterval(() => this.#send({ kind: 'alive' }), aliveIntervalMs).unref();
  }

  /** Resolves with the first message. */
  get config(): Promise<Config> {
    return this.#config.promise;
  }

  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  get forceStop(): AbortSignal {
    return this.#forceStop.signal;
  }

  requestDrain(reason: string): void {
    this.#send({ kind: 'drain-requested', reason });
  }

  async open({ adopter }: GrpcServer): Promise<string> {
    if (adopter === undefined) throw new Error('only the builtin server supports workers');
    this.#server = adopter;
    await adopter.startAdopting(() => this.#reportConnections());
    this.reportPhase('starting');
    return (await this.config).server.address;
  }

  reportPhase(phase: Phase): void {
    this.#send({ kind: 'phase', phase });
  }

  /** The parent logs them. */
  onIgnoredSignal(): void {}

  #onMessage(message: ParentMessage, socket: Socket | undefined): void {
    switch (message.kind) {
      case 'start':
        this.#config.resolve(message.config);
        break;
      case 'health':
        this.#setHealth(message.health);
        break;
      case 'connection':
        this.#received += 1;
        // undefined: its client closed it on the way.
        if (socket !== undefined) this.#server?.adopt(socket);
        this.#reportConnections();
        break;
      case 'shed-connections':
        this.#server?.shedConnections(message.count);
        break;
      case 'drain':
        this.#drain.abort(message.reason);
        break;
      case 'force-stop':
        this.#forceStop.abort(message.reason);
        break;
      default:
        message satisfies never;
    }
  }

  #setHealth(health: GroupHealth): void {
    this.#health = health;
    for (const listener of this.#healthListeners) listener();
  }

  #reportConnections(): void {
    const serving = this.#server?.serving ?? 0;
    const report = `${this.#received} ${serving}`;
    if (report === this.#lastReport) return;
    this.#lastReport = report;
    this.#send({ kind: 'connections', received: this.#received, serving });
  }

  #send(message: WorkerMessage): void {
    // Errors are ignored: 'disconnect' reports that the parent is gone.
    if (process.connected) process.send?.(message, undefined, {}, () => {});
  }
}
