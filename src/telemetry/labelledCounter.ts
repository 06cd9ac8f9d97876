import type { Attributes, Meter } from '@opentelemetry/api';

/**
 * A counter kept in plain numbers and shown to OpenTelemetry only when it is read: adding costs some
 * nanoseconds where a synchronous counter with labels costs 0.4 µs.
 */
export class LabelledCounter<Key extends string> {
  readonly #counts = new Map<Key, number>();

  /** @param known counted from 0, so that the first one is seen as a rise */
  constructor(known: readonly Key[]) {
    for (const key of known) this.#counts.set(key, 0);
  }

  add(key: Key): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  entries(): Iterable<[Key, number]> {
    return this.#counts;
  }
}

export interface CounterDescription {
  readonly name: string;
  readonly description: string;
}

/** Shows a tally as a counter. */
export function exportCounter<Key extends string>(
  meter: Meter,
  { name, description }: CounterDescription,
  tally: LabelledCounter<Key>,
  labels: (key: Key) => Attributes,
): void {
  meter.createObservableCounter(name, { description }).addCallback((observed) => {
    for (const [key, count] of tally.entries()) observed.observe(count, labels(key));
  });
}
