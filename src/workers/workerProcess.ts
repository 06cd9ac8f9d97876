import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Config } from '../config/schema.ts';
import type { Phase } from '../lifecycle.ts';
import type { Order, Report } from './messages.ts';
import type { Sharer } from './sharing.ts';

export interface WorkerOptions {
  /** The program's main file, which has a command `worker`. */
  readonly mainFile: string;
  readonly config: Config;
  readonly nowMs: () => number;
  readonly onReport: () => void;
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
export class WorkerProcess implements Sharer {
  readonly startedMs: number;
  readonly #child: ChildProcess;
  #phase: Phase | undefined;
  #handed = 0;
  #received = 0;
  #serving = 0;
  #heardMs: number | undefined;

  constructor({ mainFile, config, nowMs, onReport, onEnd }: WorkerOptions) {
    this.startedMs = nowMs();
    this.#child = fork(mainFile, ['worker', config.instance.id], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (report: Report) => {
      this.#heardMs = nowMs();
      this.#take(report);
      onReport();
    });
    // One that could not be started or told something ends, or has ended: that is told below.
    this.#child.on('error', () => {});
    this.#child.once('close', (code, signal) => onEnd({ code, signal }));
    this.order({ kind: 'begin', config });
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
    return this.#serving + this.#handed - this.#received;
  }

  /** When it said something last; undefined: never yet. */
  get heardMs(): number | undefined {
    return this.#heardMs;
  }

  order(order: Order): void {
    if (order.kind === 'let-go') this.#serving = Math.max(0, this.#serving - order.count);
    this.#send(order);
  }

  hand(socket: Socket): void {
    this.#handed += 1;
    this.#send({ kind: 'connection' }, socket);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(order: Order, socket?: Socket): void {
    // One that is gone hears nothing: its end is told elsewhere, and its clients come again.
    if (!this.#child.connected) socket?.destroy();
    else this.#child.send(order, socket, {}, (problem) => problem && socket?.destroy());
  }

  #take(report: Report): void {
    switch (report.kind) {
      case 'phase':
        this.#phase = report.phase;
        break;
      case 'connections':
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
