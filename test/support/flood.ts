import { connect } from 'node:net';
import { Worker, workerData } from 'node:worker_threads';

/** The connections of a client that sends more than a server can handle, from another thread. */
export interface FloodOptions {
  readonly address: string;
  readonly connections: number;
  /** Sent on each connection at once. */
  readonly start: Uint8Array;
  /** Sent on each connection after `fill`, as often as `repeats` says. */
  readonly chunk: Uint8Array;
  readonly repeats: number;
}

interface FloodData extends FloodOptions {
  /** 0: only `start` is sent; 1: the rest follows; 2: no connection takes more. */
  readonly state: Int32Array;
}

export class Flood {
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));

  constructor(options: FloodOptions) {
    const data: FloodData = { ...options, state: this.#state };
    this.#worker = new Worker(new URL(import.meta.url), { workerData: data });
  }

  /** Stops this thread until the system accepts no more bytes from any connection. */
  fill(): void {
    Atomics.store(this.#state, 0, 1);
    Atomics.notify(this.#state, 0);
    const outcome = Atomics.wait(this.#state, 0, 1, 30_000);
    if (outcome === 'timed-out') throw new Error('the connections do not fill');
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

function run({ address, connections, start, chunk, repeats, state }: FloodData): void {
  const [host, port] = address.split(':');
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect(Number(port), host as string);
    socket.on('error', () => {});
    socket.resume();
    socket.write(start);
    return socket;
  });
  const fill = setInterval(() => {
    if (Atomics.load(state, 0) !== 1) return;
    clearInterval(fill);
    for (const socket of sockets) for (let count = 0; count < repeats; count += 1) socket.write(chunk);
    // As long as the system takes bytes, the queues get shorter.
    let before = -1;
    const settled = setInterval(() => {
      const queued = sockets.reduce((sum, { writableLength }) => sum + writableLength, 0);
      if (queued === before) {
        clearInterval(settled);
        Atomics.store(state, 0, 2);
        Atomics.notify(state, 0);
      }
      before = queued;
    }, 100);
  }, 10);
}

if (workerData !== null && 'repeats' in workerData) run(workerData as FloodData);
