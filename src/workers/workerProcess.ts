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
  readonly onEnd: (end: WorkerEnd) => void;
}

export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A worker as its parent sees it: the process, what it said last, and what it was given. Its output is the
 * parent's. Whether it is replaced is the group's matter.
 */
export class WorkerProcess implements Worker {
  readonly startedMs: number;
  readonly #child: ChildProcess;
  #phase: Phase | undefined;
  /**
   * What it has been handed and has not said to have received, oldest first. Kept open here as well: Node would
   * close it only when the worker takes it, and a worker that dies first would leave its client waiting for ever.
   */
  readonly #handed: Socket[] = [];
  #received = 0;
  #serving = 0;
  #heardMs: number | undefined;

  constructor({ mainFile, config, nowMs, onMessage, onEnd }: WorkerProcessOptions) {
    this.startedMs = nowMs();
    this.#child = fork(mainFile, ['worker', config.instance.id], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (report: WorkerMessage) => {
      this.#heardMs = nowMs();
      this.#take(report);
      onMessage();
    });
    // One that could not be started or told something ends, or has ended: that is told below.
    this.#child.on('error', () => {});
    this.#child.once('close', (code, signal) => {
      this.#closeHanded(0, this.#handed.length);
      onEnd({ code, signal });
    });
    this.send({ kind: 'begin', config });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** undefined: it cannot take connections yet. */
  get phase(): Phase | undefined {
    return this.#phase;
  }

  /** What it has been handed and has not judged yet may bring streams. */
  get serving(): number {
    return this.#serving + this.#handed.length;
  }

  /** When it said something last; undefined: never yet. */
  get heardMs(): number | undefined {
    return this.#heardMs;
  }

  send(order: ParentMessage): void {
    if (order.kind === 'let-go') this.#serving = Math.max(0, this.#serving - order.count);
    // One that is gone hears nothing: its end is told elsewhere.
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  dispatch(socket: Socket): void {
    if (!this.#child.connected) {
      socket.destroy();
      return;
    }
    this.#handed.push(socket);
    this.#child.send(
      { kind: 'connection' } satisfies ParentMessage,
      socket,
      { keepOpen: true },
      (problem) => {
        if (problem) this.#closeHanded(this.#handed.indexOf(socket), 1);
      },
    );
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** On this side. Those that the worker has stay open there; the clients of the others come again. */
  #closeHanded(from: number, count: number): void {
    if (from < 0) return;
    for (const socket of this.#handed.splice(from, count)) socket.destroy();
  }

  #take(report: WorkerMessage): void {
    switch (report.kind) {
      case 'phase':
        this.#phase = report.phase;
        break;
      case 'connections':
        this.#closeHanded(0, report.received - this.#received);
        this.#received = report.received;
        this.#serving = report.serving;
        break;
      case 'alive':
        break;
      default:
        report satisfies never;
    }
  }
}
