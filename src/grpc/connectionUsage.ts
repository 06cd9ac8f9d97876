/**
 * What the connections of a shared port are used for, so that those who share it can each have as many that
 * bring streams as the others. One on which nothing but health was asked costs nothing and is not counted; a
 * new one is, until it has said what it wants.
 */
export class ConnectionUsages {
  readonly #open = new Set<ConnectionUsage>();
  #onChange = (): void => {};

  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Connections that bring streams, or may. */
  get serving(): number {
    let serving = 0;
    for (const { kind: wants } of this.#open) if (wants !== 'health') serving += 1;
    return serving;
  }

  /** @param leave asks the client of this connection to go */
  begin(leave: () => void): ConnectionUsage {
    const use = new ConnectionUsage(leave, () => this.#onChange());
    this.#open.add(use);
    this.#onChange();
    return use;
  }

  /** It brings no new streams any more. */
  end(use: ConnectionUsage): void {
    if (this.#open.delete(use)) this.#onChange();
  }

  /** The youngest go: they have the fewest streams that hold them up. */
  shedConnections(count: number): void {
    const serving = [...this.#open].filter(({ kind: wants }) => wants !== 'health');
    for (const use of count > 0 ? serving.slice(-count) : []) {
      this.end(use);
      use.leave();
    }
  }
}

/** One connection. */
export class ConnectionUsage {
  readonly leave: () => void;
  readonly #onChange: () => void;
  #wants: 'unknown' | 'health' | 'streams' = 'unknown';

  constructor(leave: () => void, onChange: () => void) {
    this.leave = leave;
    this.#onChange = onChange;
  }

  get kind(): 'unknown' | 'health' | 'streams' {
    return this.#wants;
  }

  /** Called for each request: costs nothing once it is known that streams are wanted. */
  observe(what: 'health' | 'streams'): void {
    if (this.#wants === what || this.#wants === 'streams') return;
    this.#wants = what;
    this.#onChange();
  }
}
