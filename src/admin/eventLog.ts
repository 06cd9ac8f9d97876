/** The kinds of events of `/events`, and what an event of each reports. */
export const lifeEventKinds = [
  /** The phase changed. */
  'phase',
  /**
   * The pool has no ready endpoint, or has one again; or too few endpoints passed their probes, or
   * enough again.
   */
  'pool',
  /** An endpoint fails its probes, or passes them again. */
  'endpoint',
  /** The session with etcd was joined or lost. */
  'store',
  /** The dynamic configuration changed, or a part of it could not be read. */
  'config',
  /** Steering changed the role of this instance, or detected that the process was paused. */
  'steering',
  /** Another instance stopped while requests of it were still open. */
  'handoff',
  /** The consistency check found differences. */
  'consistency',
  /** A pod was quarantined for its responses, or is trusted again. */
  'quarantine',
  /** The first decision that named an endpoint. */
  'first-decision',
  /** The drain ended. */
  'drain',
  /** An operator had something done by the admin port. */
  'operator',
] as const;
export type LifeEventKind = (typeof lifeEventKinds)[number];

/** An event in the life of an instance that an operator may want to read later. */
export interface LifeEvent {
  /** Counts from 1. A gap before the oldest listed event is the number of dropped ones. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly at: string;
  readonly kind: LifeEventKind;
  /** For people. */
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The last events, in memory only. Old ones are dropped. */
export class EventLog {
  readonly #now: () => Date;
  readonly #capacity: number;
  readonly #events: LifeEvent[] = [];
  #sequence = 0;

  constructor({ now, capacity = 200 }: { now: () => Date; capacity?: number }) {
    this.#now = now;
    this.#capacity = capacity;
  }

  add(kind: LifeEventKind, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#sequence += 1;
    this.#events.push({ sequence: this.#sequence, at: this.#now().toISOString(), kind, message, fields });
    if (this.#events.length > this.#capacity) this.#events.shift();
  }

  /** Oldest first. */
  list(): readonly LifeEvent[] {
    return [...this.#events];
  }
}
