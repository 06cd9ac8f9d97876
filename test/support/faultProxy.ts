import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';

/**
 * A TCP proxy on loopback that adds faults to a connection: reset, silent in one direction, slow,
 * or trickling. It is between a real client and a real server.
 */
export type Fault =
  | { readonly kind: 'none' }
  /** Resets connections and refuses new ones. */
  | { readonly kind: 'cut' }
  /** Discards the bytes of this direction; connections stay open. */
  | { readonly kind: 'loss'; readonly direction: 'to-server' | 'to-client' }
  /** Delays everything by this time. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Passes a few bytes at a time. */
  | { readonly kind: 'trickle'; readonly bytes: number; readonly everyMs: number };

export class FaultProxy {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fault: Fault = { kind: 'none' };

  private constructor(server: Server) {
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(target: { host: string; port: number }): Promise<FaultProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new FaultProxy(server);
    server.on('connection', (client) => proxy.#join(client, target));
    return proxy;
  }

  set fault(fault: Fault) {
    this.#fault = fault;
    if (fault.kind === 'cut') this.#reset();
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  async stop(): Promise<void> {
    this.#reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #join(client: Socket, target: { host: string; port: number }): void {
    if (this.#fault.kind === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = tcpConnect(target);
    this.#pipe(client, server, 'to-server');
    this.#pipe(server, client, 'to-client');
  }

  #pipe(from: Socket, to: Socket, direction: 'to-server' | 'to-client'): void {
    this.#sockets.add(from);
    let sent = Promise.resolve();
    from.on('data', (bytes) => {
      const arrivedMs = performance.now();
      // In sequence, so that a slow connection keeps the order.
      sent = sent.then(() => this.#send(bytes, arrivedMs, to, direction));
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      void sent.then(() => to.destroy());
    });
  }

  async #send(bytes: Buffer, arrivedMs: number, to: Socket, direction: string): Promise<void> {
    const fault = this.#fault;
    if (fault.kind === 'loss' && fault.direction === direction) return;
    // From its own arrival: bytes that arrive together have the same delay.
    if (fault.kind === 'delay') await wait(Math.max(0, arrivedMs + fault.ms - performance.now()));
    if (fault.kind !== 'trickle') {
      if (!to.destroyed) to.write(bytes);
      return;
    }
    for (let at = 0; at < bytes.length && !to.destroyed; at += fault.bytes) {
      to.write(bytes.subarray(at, at + fault.bytes));
      await wait(fault.everyMs);
    }
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
