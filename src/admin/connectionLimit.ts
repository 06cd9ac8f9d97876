import type { Server, Socket } from 'node:net';

/**
 * At most so many connections at a time. A further one takes the place of another: of the oldest
 * that has no request under way, else of the oldest. So clients that hold connections cannot keep
 * others out.
 */
export class ConnectionLimit {
  readonly #max: number;
  /** The oldest first. */
  readonly #sockets = new Set<Socket>();
  readonly #busy = new Set<Socket>();

  constructor(server: Server, max: number) {
    this.#max = max;
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  /** @returns false when a request of this connection is under way: clients wait for an answer */
  begin(socket: Socket): boolean {
    if (socket.destroyed || this.#busy.has(socket)) return false;
    this.#busy.add(socket);
    return true;
  }

  end(socket: Socket): void {
    this.#busy.delete(socket);
  }

  #add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#forget(socket));
    if (this.#sockets.size <= this.#max) return;
    // The new one is the last.
    const all = [...this.#sockets];
    const leaving = all.find((one) => one !== socket && !this.#busy.has(one)) ?? all[0] ?? socket;
    this.#forget(leaving);
    leaving.destroy();
  }

  #forget(socket: Socket): void {
    this.#sockets.delete(socket);
    this.#busy.delete(socket);
  }
}
