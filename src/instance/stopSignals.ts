const names = ['SIGTERM', 'SIGINT'] as const;

/**
 * SIGTERM and SIGINT as two abort signals: the first one asks for a drain, the second one ends it.
 * Created before anything is started, so that no signal is lost. The reason of each abort is text
 * for log lines.
 */
export class StopSignals {
  readonly #drain = new AbortController();
  readonly #forceStop = new AbortController();

  constructor() {
    for (const name of names) {
      process.on(name, () => {
        const next = this.drain.aborted ? this.#forceStop : this.#drain;
        next.abort(`${name} received`);
      });
    }
  }

  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  get forceStop(): AbortSignal {
    return this.#forceStop.signal;
  }
}

/** Calls back once, at once when the signal has aborted already. The reason is the abort's. */
export function onAbort(signal: AbortSignal, callback: (reason: string) => void): void {
  if (signal.aborted) callback(String(signal.reason));
  else signal.addEventListener('abort', () => callback(String(signal.reason)), { once: true });
}
