import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { PodClock } from './clock.ts';

/**
 * The listening socket of the pod and its connections: opens, refuses for some time on the same
 * port, closes. It knows nothing of requests.
 */
const reopenPauseMs = 50;
/** The system limits it further; thousands of clients may connect at once. */
const backlog = 4096;

export class PodListener {
  readonly #server: Server;
  readonly #clock: PodClock;
  readonly #sockets = new Set<Socket>();
  #host = '';
  #port = 0;
  #isShut = false;
  #cancelReopening = () => {};

  constructor(server: Server, clock: PodClock) {
    this.#server = server;
    this.#clock = clock;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** @returns `ip:port` @throws Error when it cannot listen there, with the system's `code` */
  async open(host: string, port: number): Promise<string> {
    this.#host = host;
    this.#port = port;
    await this.#listen();
    const bound = this.#server.address() as AddressInfo;
    this.#port = bound.port;
    return `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
  }

  /** Resets every connection except one, which still gets its response, and accepts no new one. */
  refuse(spared: Socket): void {
    this.#server.close();
    for (const socket of this.#sockets) {
      if (socket !== spared) socket.resetAndDestroy();
    }
  }

  /** Accepts connections again; retries while another process has the port. */
  reopen(): void {
    if (this.#isShut || this.#server.listening) return;
    this.#listen().catch(() => {
      this.#cancelReopening = this.#clock.after(reopenPauseMs, () => this.reopen());
    });
  }

  /** Accepts no new connection; those with a request in progress stay. */
  close(): void {
    this.#isShut = true;
    this.#cancelReopening();
    if (this.#server.listening) this.#server.close();
  }

  closeIdle(): void {
    this.#server.closeIdleConnections();
  }

  /** Closes all connections. Resolves when none is left. */
  async end(): Promise<void> {
    this.close();
    const closing = [...this.#sockets].map((socket) => once(socket, 'close'));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closing);
  }

  async #listen(): Promise<void> {
    this.#server.listen({ host: this.#host, port: this.#port, backlog });
    await once(this.#server, 'listening');
    if (this.#isShut) this.#server.close();
  }
}
