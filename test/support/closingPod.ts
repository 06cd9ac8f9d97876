import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What a connection has done when a further request arrives on it. */
export interface ConnectionUse {
  readonly requests: number;
  /** Since the end of its last response; below 0 before that. */
  readonly idleMs: number;
}

interface Use {
  readonly requests: number;
  /** When its last response ended. */
  readonly idleSinceMs: number;
}

const unused: Use = { requests: 0, idleSinceMs: Number.POSITIVE_INFINITY };

/**
 * A pod in this process whose close of a connection always crosses the next request on it: the
 * request arrives, and is reset unread. With a real pod that takes the same moment on both sides.
 */
export class ClosingPod {
  readonly address: string;
  readonly #server: Server;
  readonly #uses: ReadonlyMap<Socket, Use>;

  private constructor(server: Server, uses: ReadonlyMap<Socket, Use>) {
    this.#server = server;
    this.#uses = uses;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param hasClosed which connections it has closed; never that of a health check */
  static async start(hasClosed: (use: ConnectionUse) => boolean): Promise<ClosingPod> {
    const uses = new Map<Socket, Use>();
    const server = createServer((request, response) => {
      if (request.url === '/health') return void response.end();
      const { socket } = request;
      const { requests, idleSinceMs } = uses.get(socket) ?? unused;
      if (hasClosed({ requests, idleMs: performance.now() - idleSinceMs }))
        return void socket.resetAndDestroy();
      if (requests === 0) socket.once('close', () => uses.delete(socket));
      uses.set(socket, { requests: requests + 1, idleSinceMs: Number.POSITIVE_INFINITY });
      response.on('finish', () => {
        if (!socket.destroyed) uses.set(socket, { requests: requests + 1, idleSinceMs: performance.now() });
      });
      response.end('{}');
    });
    server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ClosingPod(server, uses);
  }

  /** For how long each open connection that has carried requests is idle. */
  get idleMs(): readonly number[] {
    const nowMs = performance.now();
    return [...this.#uses.values()].map(({ idleSinceMs }) => nowMs - idleSinceMs);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
