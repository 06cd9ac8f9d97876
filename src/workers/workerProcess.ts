import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Config } from '../config/schema.ts';
import type { Phase } from '../phase.ts';
import type { Worker } from './dispatch.ts';
import type { ParentMessage, WorkerMessage } from './messages.ts';

export interface WorkerProcessOptions {
  /** The program's main file, which has a command `worker`. */
  readonly mainFile: string;
  readonly config: Config;
  readonly nowMs: () => number;
  readonly onMessage: () => void;
  readonly onDrainRequested: (reason: string) => void;
  readonly onExit: (exit: WorkerExit) => void;
}

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * The parent's end of the channel to one worker: its process, its last reports, and the connections
 * in transfer. Its output is the parent's. Whether it is replaced is decided by the group.
 */
export class WorkerProcess implements Worker {
  readonly startedMs: number;
  readonly #child: ChildProcess;
  #phase: Phase | undefined;
  /**
   * Connections sent to the worker that it has not acknowledged, oldest first. They stay open in
   * this process as well: if the worker dies before it takes them, they are closed here and their
   * clients reconnect.
   */
  readonly #inTransfer: Socket[] = [];
  readonly #onDrainRequested: (reason: string) => void;
  #received = 0;
  #serving = 0;
  #lastMessageMs: number | undefined;

  constructor({ mainFile, config, nowMs, onMessage, onDrainRequested, onExit }: WorkerProcessOptions) {
    this.startedMs = nowMs();
    this.#onDrainRequested = onDrainRequested;
    this.#child = fork(mainFile, ['worker', config.instance.id], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: WorkerMessage) => {
      this.#lastMessageMs = nowMs();
      this.#apply(message);
      onMessage();
    });
    // 'close' follows each of these errors.
    this.#child.on('error', () => {});
    this.#child.once('close', (code, signal) => {
      this.#closeInTransfer(0, this.#inTransfer.length);
      onExit({ code, signal });
    });
    this.send({ kind: 'start', config });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** undefined: it cannot take connections yet. */
  get phase(): Phase | undefined {
    return this.#phase;
  }

  /** Connections in transfer count: they may carry streams. */
  get serving(): number {
    return this.#serving + this.#inTransfer.length;
  }

  /** undefined before the first message. */
  get lastMessageMs(): number | undefined {
    return this.#lastMessageMs;
  }

  send(message: ParentMessage): void {
    if (message.kind === 'shed-connections') this.#serving = Math.max(0, this.#serving - message.count);
    // Errors are ignored: 'close' reports that the worker is gone.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  dispatch(socket: Socket): void {
    if (!this.#child.connected) {
      socket.destroy();
      return;
    }
    this.#inTransfer.push(socket);
    const message: ParentMessage = { kind: 'connection' };
    this.#child.send(message, socket, { keepOpen: true }, (error) => {
      if (error) this.#closeInTransfer(this.#inTransfer.indexOf(socket), 1);
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Closes them in this process. Those that the worker has taken stay open there. */
  #closeInTransfer(from: number, count: number): void {
    if (from < 0) return;
    for (const socket of this.#inTransfer.splice(from, count)) socket.destroy();
  }

  #apply(message: WorkerMessage): void {
    switch (message.kind) {
      case 'phase':
        this.#phase = message.phase;
        break;
      case 'connections':
        this.#closeInTransfer(0, message.received - this.#received);
        this.#received = message.received;
        this.#serving = message.serving;
        break;
      case 'drain-requested':
        this.#onDrainRequested(message.reason);
        break;
      case 'alive':
        break;
      default:
        message satisfies never;
    }
  }
}
