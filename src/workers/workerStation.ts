import type { Socket } from 'node:net';
import type { Config } from '../config/schema.ts';
import { NativeTransport } from '../extproc/transport/native.ts';
import type { Transport } from '../extproc/transport/transport.ts';
import type { Phase } from '../lifecycle.ts';
import type { PortHealth, Station } from '../station.ts';
import type { GroupHealth, Order, Report } from './messages.ts';

/** How often the parent is told that this process runs. */
const aliveMs = 1_000;

/**
 * A worker's end of the channel to its parent: connections, the group's health and the word to stop come by
 * it. When it closes the parent is gone, and the worker drains: nobody would bring it new clients.
 */
export class WorkerStation implements Station {
  readonly portHealth: PortHealth;
  readonly #begun = Promise.withResolvers<Config>();
  readonly #drain = new AbortController();
  readonly #hurry = new AbortController();
  readonly #healthListeners = new Set<() => void>();
  #health: GroupHealth = { takesTraffic: false, isFit: false };
  #transport: NativeTransport | undefined;
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
    process.on('message', (order: Order, socket?: Socket) => this.#obey(order, socket));
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

  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  async open(transport: Transport): Promise<string> {
    if (!(transport instanceof NativeTransport)) throw new Error('only the native transport has workers');
    this.#transport = transport;
    await transport.listenToAdopted(() => this.#reportConnections());
    this.tellPhase('starting');
    return (await this.config).server.address;
  }

  tellPhase(phase: Phase): void {
    this.#report({ kind: 'phase', phase });
  }

  #obey(order: Order, socket: Socket | undefined): void {
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
        this.#transport?.letGo(order.count);
        break;
      case 'drain':
        this.#drain.abort();
        break;
      case 'hurry':
        this.#hurry.abort();
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

  #report(report: Report): void {
    // A parent that is gone is told of by 'disconnect'.
    if (process.connected) process.send?.(report, undefined, {}, () => {});
  }
}
