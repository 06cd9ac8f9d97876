export interface KeepaliveOptions {
  /** A peer that is silent for this long gets a PING. */
  readonly keepaliveTimeMs: number;
  /** A peer that is silent for this long after the PING is dead. */
  readonly keepaliveTimeoutMs: number;
}

/** Checks that are further apart than this were late, and with them whatever the peer sent. */
export const lateCheckMs = 5_000;

/**
 * heard → silent → pinged → dead. Whatever the peer sends leads back to `heard`.
 */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  #state: 'heard' | 'silent' | 'pinged' = 'heard';
  /** When the state began, as the checks saw it. */
  #sinceMs: number;
  #checkedMs: number;

  constructor(options: KeepaliveOptions, nowMs: number) {
    this.#options = options;
    this.#sinceMs = nowMs;
    this.#checkedMs = nowMs;
  }

  /** Called for each chunk that arrives. */
  onReceived(): void {
    this.#state = 'heard';
  }

  /** To be called about once a second. Returns what the connection must do. */
  check(nowMs: number): 'nothing' | 'ping' | 'close' {
    // While this process did not run it could hear nothing.
    if (nowMs - this.#checkedMs > lateCheckMs) this.#state = 'heard';
    this.#checkedMs = nowMs;
    const elapsedMs = nowMs - this.#sinceMs;
    switch (this.#state) {
      case 'heard':
        this.#enter('silent', nowMs);
        return 'nothing';
      case 'silent':
        if (elapsedMs < this.#options.keepaliveTimeMs) return 'nothing';
        this.#enter('pinged', nowMs);
        return 'ping';
      case 'pinged':
        return elapsedMs < this.#options.keepaliveTimeoutMs ? 'nothing' : 'close';
      default:
        return this.#state satisfies never;
    }
  }

  #enter(state: 'silent' | 'pinged', nowMs: number): void {
    this.#state = state;
    this.#sinceMs = nowMs;
  }
}
