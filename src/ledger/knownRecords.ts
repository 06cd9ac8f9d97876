/** The bytes of records as Latin-1 strings, by the instance that wrote them and by key. */
export class KnownRecords {
  readonly #byReporter = new Map<string, Map<string, string>>();
  #bytes = 0;

  /** The size of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): string | undefined {
    return this.#byReporter.get(reporterOf(key))?.get(key);
  }

  set(key: string, value: string): void {
    const reporter = reporterOf(key);
    let records = this.#byReporter.get(reporter);
    if (records === undefined) {
      records = new Map();
      this.#byReporter.set(reporter, records);
    }
    this.#bytes += value.length - (records.get(key)?.length ?? 0);
    records.set(key, value);
  }

  delete(key: string): void {
    const reporter = reporterOf(key);
    const records = this.#byReporter.get(reporter);
    this.#bytes -= records?.get(key)?.length ?? 0;
    records?.delete(key);
    if (records?.size === 0) this.#byReporter.delete(reporter);
  }

  reporters(): Iterable<string> {
    return this.#byReporter.keys();
  }

  of(reporter: string): Iterable<string> {
    return this.#byReporter.get(reporter)?.values() ?? [];
  }
}

/** The id in a key: ids have no slash. */
export function reporterOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key : key.slice(0, slash);
}
