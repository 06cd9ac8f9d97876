import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';

export interface LineSinkOptions {
  /** An open file descriptor. */
  readonly fd: number;
  /** What may wait to be written; lines beyond it are dropped. */
  readonly maxWaitingBytes?: number;
}

/** How long to wait when the reader of a pipe does not read. */
const retryMs = 50;

/**
 * Writes lines to a file descriptor behind the program's back: `write` only remembers the line, the system
 * call is asynchronous, one at a time. A reader that does not read, a full disk or a closed pipe cost log
 * lines, never a decision and never the process. What is lost is counted.
 */
export class LineSink {
  readonly #fd: number;
  readonly #reopened: boolean;
  readonly #maxWaitingBytes: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing = false;
  #dropped = 0;
  #idle: (() => void)[] = [];
  /** The write that is under way finishes on its own; what waits behind it has only this chance. */
  readonly #onExit = (): void => {
    try {
      for (const line of this.#waiting) writeSync(this.#fd, line);
    } catch {
      // A pipe that nobody reads, or a full disk: the process ends all the same.
    }
  };

  constructor({ fd, maxWaitingBytes = 1024 * 1024 }: LineSinkOptions) {
    const ownFd = openPipeAgain(fd);
    this.#fd = ownFd ?? fd;
    this.#reopened = ownFd !== undefined;
    this.#maxWaitingBytes = maxWaitingBytes;
    process.on('exit', this.#onExit);
  }

  /** Lines that were lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param line with its line end */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > this.#maxWaitingBytes) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#writing) this.#writeNext();
  }

  /** Resolves when everything is written or lost, at the latest after `timeoutMs`. Never rejects. */
  flush(timeoutMs: number): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #writeNext(): void {
    const lines = this.#waiting;
    if (lines.length === 0) {
      this.#writing = false;
      const idle = this.#idle;
      this.#idle = [];
      for (const done of idle) done();
      return;
    }
    this.#writing = true;
    this.#waiting = [];
    this.#writeBytes(Buffer.concat(lines), 0, lines.length);
  }

  #writeBytes(bytes: Buffer, from: number, lines: number): void {
    write(this.#fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        // Unreferenced: lines that nobody reads are no reason to stay alive.
        setTimeout(() => this.#writeBytes(bytes, from, lines), retryMs).unref();
        return;
      }
      if (error === null && from + written < bytes.length) {
        this.#writeBytes(bytes, from + written, lines);
        return;
      }
      if (error !== null) this.#dropped += lines;
      this.#waitingBytes -= bytes.length;
      this.#writeNext();
    });
  }

  /** Closes what it opened itself; the descriptor it was given stays open. */
  close(): void {
    process.off('exit', this.#onExit);
    if (this.#reopened && !this.#writing) closeSync(this.#fd);
  }
}

/**
 * A pipe opened once more, so that it can be non-blocking for this process alone. A write that blocks would
 * hold a thread of the pool, and with it the end of the process, until somebody reads.
 */
function openPipeAgain(fd: number): number | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // No /proc, or a pipe of another user: then it is written as it was given.
    return undefined;
  }
}
