import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { preface } from '../../src/grpc/http2/protocol.ts';
import { settingsFrame } from '../testbed/rawHttp2.ts';

/** What the attackers' connections met. */
export interface ConnectionCounts {
  readonly opened: number;
  /** Ended by the instance. */
  readonly closed: number;
  readonly sentBytes: number;
}

export interface SendOptions {
  readonly connections: number;
  /** Sent on a connection before the chunks. Default: what every client of HTTP/2 sends. */
  readonly start?: Buffer;
  /** Makes the chunks of one connection; each is sent as soon as the system takes it. */
  readonly chunks: () => () => Buffer;
  /** False: what the instance sends is left unread. */
  readonly reads?: boolean;
}

/** What every client of HTTP/2 sends first. */
export const opening = Buffer.concat([preface, settingsFrame()]);
/** Between a lost connection and the next one, so that an attack is more than connecting. */
const reconnectMs = 20;
/** Of each connection in a short run: the system's buffers alone take eight times as much. */
const shortFloodBytes = 500_000;
/** Connections that are opened at a time; the queue of a listener has 511 places. */
const atOnce = 64;

/** The connections of one attack. */
export class AttackClients {
  readonly signal: AbortSignal;
  readonly #address: { readonly host: string; readonly port: number };
  readonly #mostBytes: number;
  readonly #open = new Set<Socket>();
  readonly #begun = Promise.withResolvers<void>();
  #opened = 0;
  #closed = 0;
  #sentBytes = 0;

  /** @param size below 1, a connection of a flood sends a bounded number of bytes */
  constructor(address: string, size: number, signal: AbortSignal) {
    this.#mostBytes = size < 1 ? shortFloodBytes : Number.POSITIVE_INFINITY;
    const [host = '', port] = address.split(':');
    this.#address = { host, port: Number(port) };
    this.signal = signal;
  }

  get counts(): ConnectionCounts {
    const unended = [...this.#open].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
    return { opened: this.#opened, closed: this.#closed, sentBytes: this.#sentBytes + unended };
  }

  /** Resolves when the attack has reached the instance, or etcd. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** An attack by other connections than these says it itself. */
  begin(): void {
    this.#begun.resolve();
  }

  /** Resolves once connected; with undefined when the system or the instance refuses. */
  async connect(): Promise<Socket | undefined> {
    const socket = connect({ ...this.#address, noDelay: true });
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sentBytes += socket.bytesWritten;
      if (this.#open.delete(socket) && !this.signal.aborted) this.#closed += 1;
    });
    try {
      await once(socket, 'connect');
    } catch {
      return undefined;
    }
    this.#opened += 1;
    this.#open.add(socket);
    this.begin();
    return socket;
  }

  /** Opens connections that send `start` and then whatever `each` makes them, until the end. */
  async hold(count: number, start: Buffer, each: (socket: Socket) => void = readAll): Promise<void> {
    let remaining = count;
    const one = async (): Promise<void> => {
      while (remaining > 0 && !this.signal.aborted) {
        remaining -= 1;
        const socket = await this.connect();
        if (socket === undefined) continue;
        if (start.length > 0) socket.write(start);
        each(socket);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    await this.ended();
  }

  /** Sends as fast as it can, and connects again when the instance ends a connection. */
  async flood({ connections, start = opening, chunks, reads = true }: SendOptions): Promise<void> {
    const one = async (): Promise<void> => {
      while (!this.signal.aborted) {
        const socket = await this.connect();
        if (socket !== undefined) await this.#send(socket, start, chunks(), reads);
        await this.pause(reconnectMs);
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal }).catch(() => {});
  }

  /** Resolves when the time of the attack is over. */
  async ended(): Promise<void> {
    if (!this.signal.aborted) await once(this.signal, 'abort');
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async #send(socket: Socket, start: Buffer, next: () => Buffer, reads: boolean): Promise<void> {
    if (reads) readAll(socket);
    // An error ends it by 'close', also while nothing is read.
    socket.write(start);
    while (!this.signal.aborted && !socket.destroyed) {
      if (socket.bytesWritten >= this.#mostBytes) await this.ended();
      else if (socket.write(next())) await new Promise(setImmediate);
      else await this.#drained(socket);
    }
    socket.destroy();
  }

  async #drained(socket: Socket): Promise<void> {
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.signal]);
    await Promise.race(['drain', 'close'].map((event) => once(socket, event, { signal }))).catch(() => {});
    done.abort();
  }
}

export function readAll(socket: Socket): void {
  socket.resume();
}
