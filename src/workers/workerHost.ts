import type { Socket } from 'node:net';
import type { Config } from '../config/schema.ts';
import { BuiltinServer } from '../grpc/builtinServer.ts';
import type { GrpcServer } from '../grpc/grpcServer.ts';
import type { Host, PortHealth } from '../instance/host.ts';
import type { Phase } from '../phase.ts';
import type { GroupHealth, ParentMessage, WorkerMessage } from './messages.ts';

/** How often the parent is told that this process runs. */
const aliveMs = 1_000;

/**
 * A worker's end of the channel to its parent: connections, the group's health and the word to stop come by
 * it. When it closes the parent is gone, and the worker drains: nobody would bring it new clients.
 */
export class WorkerHost implements Host {
  readonly portHealth: PortHealth;
  readonly #begun = Promise.withResolvers<Config>();
  readonly #drain = new AbortController();
  readonly #forceStop = new AbortController();
  readonly #healthListeners = new Set<() => void>();
  #health: GroupHealth = { takesTraffic: false, isFit: false };
  #transport: BuiltinServer | undefined;
  #received = 0;
  #told: string | undefined;

  constructor() {
    this.portHealth = {
      takesTraffic: () => this.#health.takesTraffic,
      isFit: () => this.#health.isFit,
      onChange: (listener) => void this.#healthListeners.add(listener),
    };
    // Signals are the parent's matter: a terminal, or a supervisor, sends them to all at once.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
    process.on('message', (order: ParentMessage, socket?: Socket) => this.#obey(order, socket));
    process.on('disconnect', () => {
      this.#setHealth({ takesTraffic: false, isFit: false });
      this.#drain.abort();
    });
    setInterval(() => this.#report({ kind: 'alive' }), aliveMs).unref();
  }

  /** Who to be. */
  get config(): Promise<Config> {
    return this.#begun.promise;
  }

  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  get forceStop(): AbortSignal {
    return this.#forceStop.signal;
  }

  async open(transport: GrpcServer): Promise<string> {
    if (!(transport instanceof BuiltinServer)) throw new Error('only the builtin transport has workers');
    this.#transport = transport;
    await transport.startAdopting(() => this.#reportConnections());
    this.reportPhase('starting');
    return (await this.config).server.address;
  }

  reportPhase(phase: Phase): void {
    this.#report({ kind: 'phase', phase });
  }

  #obey(order: ParentMessage, socket: Socket | undefined): void {
    switch (order.kind) {
      case 'begin':
        this.#begun.resolve(order.config);
        break;
      case 'health':
        this.#setHealth(order.health);
        break;
      case 'connection':
        this.#received += 1;
        // None: its client went while it was on its way.
        if (socket !== undefined) this.#transport?.adopt(socket);
        this.#reportConnections();
        break;
      case 'let-go':
        this.#transport?.shedConnections(order.count);
        break;
      case 'drain':
        this.#drain.abort();
        break;
      case 'forceStop':
        this.#forceStop.abort();
        break;
      default:
        order satisfies never;
    }
  }

  #setHealth(health: GroupHealth): void {
    this.#health = health;
    for (const listener of this.#healthListeners) listener();
  }

  #reportConnections(): void {
    const serving = this.#transport?.serving ?? 0;
    const told = `${this.#received} ${serving}`;
    if (told === this.#told) return;
    this.#told = told;
    this.#report({ kind: 'connections', received: this.#received, serving });
  }

  #report(report: WorkerMessage): void {
    // A parent that is gone is told of by 'disconnect'.
    if (process.connected) process.send?.(report, undefined, {}, () => {});
  }
}
