import { performance } from 'node:perf_hooks';
import { isatty } from 'node:tty';

/** They ask for a drain. SIGPWR is how LXC, and SIGQUIT how some images, stop a container. */
const stopping = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const;

/**
 * They change nothing. By default each of them ends the process, suspends it (SIGTSTP), or makes
 * Node open a debugger port (SIGUSR1). Node itself ignores SIGPIPE and SIGXFSZ.
 */
const ignored = ['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGTSTP'] as const;

/** Under npm the same signal within this time is one: npm forwards what the terminal also sends. */
const repeatedWithinMs = 300;

/** How often the parent is checked, where npm started this process. */
const parentPollMs = 500;

export interface StopSignalsOptions {
  /**
   * Drain also when the parent process ends, since npm passes on SIGTERM and SIGINT only and any
   * other signal ends npm alone; and take a signal that comes twice at once for one.
   */
  readonly startedByNpm?: boolean;
}

/**
 * Every signal that an operator, a supervisor, a terminal or a container platform sends, as two
 * abort signals: the first request drains, the second one ends the drain. The others are ignored.
 * Created before anything else is loaded, so that no signal is lost. The reason of each abort is
 * text for log lines.
 */
export class StopSignals {
  readonly #startedByNpm: boolean;
  readonly #drain = new AbortController();
  readonly #forceStop = new AbortController();
  /** Its supervisor may send a signal next, and does not mean to end the drain. */
  #isRequested = false;
  #last: { readonly name: string; readonly atMs: number } | undefined;
  #onIgnored: (name: string) => void = () => {};

  constructor({ startedByNpm = false }: StopSignalsOptions = {}) {
    this.#startedByNpm = startedByNpm;
    for (const name of stopping) process.on(name, () => this.#request(name));
    for (const name of ignored) process.on(name, () => this.#onIgnored(name));
    // A terminal that closes sends it. Elsewhere it means "read the configuration again": the
    // files that can change are watched anyway.
    const hasTerminal = [0, 1, 2].some((fd) => isatty(fd));
    process.on('SIGHUP', () => (hasTerminal ? this.#request('SIGHUP') : this.#onIgnored('SIGHUP')));
    if (startedByNpm) this.#followParent();
  }

  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  get forceStop(): AbortSignal {
    return this.#forceStop.signal;
  }

  /** As the first signal. A signal after it changes nothing, and the next one ends the drain. */
  requestDrain(reason: string): void {
    this.#isRequested = !this.drain.aborted;
    this.#drain.abort(reason);
  }

  /** Calls back for each signal that changes nothing, from now on. */
  onIgnored(listener: (name: string) => void): void {
    this.#onIgnored = listener;
  }

  #request(name: string): void {
    if (this.#startedByNpm && this.#isRepeated(name)) return;
    const isSecond = this.drain.aborted && !this.#isRequested;
    this.#isRequested = false;
    const next = isSecond ? this.#forceStop : this.#drain;
    next.abort(`${name} received`);
  }

  #isRepeated(name: string): boolean {
    const last = this.#last;
    this.#last = { name, atMs: performance.now() };
    return last?.name === name && this.#last.atMs - last.atMs < repeatedWithinMs;
  }

  #followParent(): void {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      this.#drain.abort('the parent process ended');
    }, parentPollMs);
    timer.unref();
  }
}

/** Calls back once, at once when the signal has aborted already. The reason is the abort's. */
export function onAbort(signal: AbortSignal, callback: (reason: string) => void): void {
  if (signal.aborted) callback(String(signal.reason));
  else signal.addEventListener('abort', () => callback(String(signal.reason)), { once: true });
}
