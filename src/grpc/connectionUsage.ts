/**
 * Which of a server's connections carry load. Processes that share a port each want as many loaded
 * connections as the others. A connection that only served other calls (health checks) costs
 * nothing and is not counted; a new one is counted until its first call.
 */
export class ConnectionUsages {
  readonly #open = new Set<ConnectionUsage>();
  readonly #onServingChanged: () => void;

  /** @param onServingChanged called after each change of `serving` */
  constructor(onServingChanged: () => void) {
    this.#onServingChanged = onServingChanged;
  }

  /** How many connections carry load, or may. */
  get serving(): number {
    let serving = 0;
    for (const { kind } of this.#open) if (kind !== 'other') serving += 1;
    return serving;
  }

  /** @param goAway asks the client of this connection to leave */
  begin(goAway: () => void): ConnectionUsage {
    const usage = new ConnectionUsage(goAway, this.#onServingChanged);
    this.#open.add(usage);
    this.#onServingChanged();
    return usage;
  }

  /** The connection takes no new streams. */
  end(usage: ConnectionUsage): void {
    if (this.#open.delete(usage)) this.#onServingChanged();
  }

  /**
   * Asks the clients of the youngest connections to leave: they have the fewest streams to finish.
   */
  shedConnections(count: number): void {
    const serving = [...this.#open].filter(({ kind }) => kind !== 'other');
    for (const usage of count > 0 ? serving.slice(-count) : []) {
      this.end(usage);
      usage.goAway();
    }
  }
}

/** What one connection is used for. */
export class ConnectionUsage {
  readonly goAway: () => void;
  readonly #onChange: () => void;
  #kind: 'unknown' | 'other' | 'load' = 'unknown';

  constructor(goAway: () => void, onChange: () => void) {
    this.goAway = goAway;
    this.#onChange = onChange;
  }

  get kind(): 'unknown' | 'other' | 'load' {
    return this.#kind;
  }

  /** Called for each request head that was not seen before. `load` is final. */
  observe(kind: 'other' | 'load'): void {
    if (this.#kind === kind || this.#kind === 'load') return;
    this.#kind = kind;
    this.#onChange();
  }
}
