import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';

export interface LineSinkOptions {
  /** An open file descriptor. */
  readonly fd: number;
  /** The most bytes that wait to be written. A line beyond them is dropped. */
  readonly maxWaitingBytes?: number;
}

/** The pause before a write to a full pipe is repeated. */
const retryMs = 50;

/**
 * Writes lines to a file descriptor without blocking: `write` queues the line, and one asynchronous
 * system call at a time writes the queue. A slow reader, a full disk or a closed pipe costs log
 * lines, never a decision and never the process. Dropped lines are counted.
 */
export class LineSink {
  readonly #fd: number;
  readonly #reopened: boolean;
  readonly #maxWaitingBytes: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing = false;
  #closed = false;
  #dropped = 0;
  #idle: (() => void)[] = [];
  /** The write under way completes by itself. The queue behind it is written here or never. */
  readonly #onExit = (): void => {
    try {
      for (const line of this.#waiting) writeSync(this.#fd, line);
    } catch {
      // A full pipe or disk must not keep the process from ending.
    }
  };

  constructor({ fd, maxWaitingBytes = 1024 * 1024 }: LineSinkOptions) {
    const reopenedFd = reopenPipe(fd);
    this.#fd = reopenedFd ?? fd;
    this.#reopened = reopenedFd !== undefined;
    this.#maxWaitingBytes = maxWaitingBytes;
    process.on('exit', this.#onExit);
  }

  /** The number of dropped lines. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param line with its line break */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#closed || this.#waitingBytes + bytes.length > this.#maxWaitingBytes) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#writing) this.#writeNext();
  }

  /** Resolves when all lines are written or dropped, at most after `timeoutMs`. Never rejects. */
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
        // Unreferenced: waiting for a slow reader must not keep the process alive.
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

  /** Later lines are dropped. The descriptor that the sink was given stays open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    process.off('exit', this.#onExit);
    if (this.#reopened && !this.#writing) closeSync(this.#fd);
  }
}

/**
 * Opens a pipe again, so that it is non-blocking for this process alone. A blocking write would
 * hold a thread of the pool, and with it the end of the process, until the reader reads.
 */
function reopenPipe(fd: number): number | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // No /proc, or a pipe of another user: the given descriptor is used.
    return undefined;
  }
}
