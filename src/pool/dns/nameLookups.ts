import { type Clock, systemClock } from '../../clock.ts';
import { JudgingTimer } from '../../judgingTimer.ts';
import { type DnsName, isAbsence, type Lookup, type ResolvedHost } from './lookup.ts';
import { LookupLane } from './lookupLane.ts';
import { lookupName } from './lookupName.ts';

/**
 * Keeps the addresses of names current: a name is looked up again when its records end, or after
 * `refreshMs` where that is not known. A lookup that fails keeps the last addresses. How many run
 * at once is bounded, and names without an answer do not delay the others.
 */
export interface NameLookupsOptions {
  /** Also after a failure, and how long an answer may take. */
  readonly refreshMs: number;
  /** The hosts of a name, or whether they are known, have changed. */
  readonly onChange: () => void;
  /** Called for each failed lookup. `kept` is undefined where the name has no answer yet. */
  readonly onFailure: (name: string, reason: string, kept: readonly ResolvedHost[] | undefined) => void;
  readonly onRecovery: (name: string) => void;
  readonly lookup?: Lookup;
  readonly clock?: Clock;
}

/** Each holds one of the runtime's four threads, which reads of files need too. */
const systemLane = { places: 2, ofSlow: 1 };
/** Each is a few packets. */
const dnsLane = { places: 32, ofSlow: 8 };
/** Of records that may not be kept at all. */
const shortestTtlMs = 1_000;
const longestTtlMs = 3_600_000;

class Followed {
  readonly name: DnsName;
  readonly lane: LookupLane<Followed>;
  readonly firstOutcome = Promise.withResolvers<void>();
  /** Undefined: it has never been resolved. */
  hosts: readonly ResolvedHost[] | undefined;
  /** The last answer was that there is no such name. */
  isAbsent = false;
  hasFailed = false;
  isSlow = false;
  isDropped = false;
  cancel: () => void = () => {};

  constructor(name: DnsName, lane: LookupLane<Followed>) {
    this.name = name;
    this.lane = lane;
  }
}

export class NameLookups {
  readonly #options: NameLookupsOptions;
  readonly #clock: Clock;
  readonly #lookup: Lookup;
  readonly #system = new LookupLane<Followed>(systemLane.places, systemLane.ofSlow);
  readonly #dns = new LookupLane<Followed>(dnsLane.places, dnsLane.ofSlow);
  readonly #followed = new Map<string, Followed>();
  #isStopped = false;

  constructor(options: NameLookupsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#lookup = options.lookup ?? lookupName;
  }

  /** Follows these names too. Resolves when each has been looked up, with or without success. */
  async follow(names: readonly DnsName[]): Promise<void> {
    const all = names.map((name) => this.#followed.get(keyOf(name)) ?? this.#begin(name));
    await Promise.all(all.map(({ firstOutcome }) => firstOutcome.promise));
  }

  /** Forgets all other names. */
  keepOnly(names: readonly DnsName[]): void {
    const kept = new Set(names.map(keyOf));
    for (const [key, followed] of this.#followed) if (!kept.has(key)) this.#drop(followed);
  }

  /** Empty until it is resolved. */
  hostsOf(name: DnsName): readonly ResolvedHost[] {
    return this.#followed.get(keyOf(name))?.hosts ?? [];
  }

  /** Is it resolved, or known not to exist? Otherwise its server has not answered yet. */
  isKnown(name: DnsName): boolean {
    const followed = this.#followed.get(keyOf(name));
    return followed?.hosts !== undefined || followed?.isAbsent === true;
  }

  stop(): void {
    this.#isStopped = true;
    for (const followed of this.#followed.values()) this.#drop(followed);
  }

  #begin(name: DnsName): Followed {
    const followed = new Followed(name, name.kind === 'system' ? this.#system : this.#dns);
    this.#followed.set(keyOf(name), followed);
    if (this.#isStopped) this.#drop(followed);
    else this.#enqueue(followed);
    return followed;
  }

  #drop(followed: Followed): void {
    followed.isDropped = true;
    followed.cancel();
    // One that runs keeps its place until it ends: a lookup of the system cannot be cancelled.
    if (followed.lane.waiting.includes(followed)) followed.lane.remove(followed);
    this.#followed.delete(keyOf(followed.name));
    followed.firstOutcome.resolve();
  }

  #enqueue(followed: Followed): void {
    followed.lane.add(followed);
    this.#startNext(followed.lane);
    this.#failWaiting(followed.lane);
  }

  #startNext(lane: LookupLane<Followed>): void {
    for (let next = lane.next(); next !== undefined; next = lane.next()) void this.#run(next);
  }

  /** Never rejects. */
  async #run(followed: Followed): Promise<void> {
    const { refreshMs } = this.#options;
    const ending = new AbortController();
    let isLate = false;
    const onLate = () => {
      isLate = true;
      followed.isSlow = true;
      ending.abort();
      this.#fail(followed, new Error(`no answer in ${refreshMs} ms`));
      this.#failWaiting(followed.lane);
    };
    const deadline = new JudgingTimer(refreshMs, onLate, this.#clock);
    followed.cancel = () => {
      deadline.cancel();
      ending.abort();
    };
    let againMs = refreshMs;
    try {
      const { hosts, ttlMs } = await this.#lookup(followed.name, ending.signal);
      this.#succeed(followed, hosts);
      if (ttlMs !== undefined) againMs = Math.min(Math.max(ttlMs, shortestTtlMs), longestTtlMs);
    } catch (error) {
      if (!isLate) this.#fail(followed, error as Error);
    }
    deadline.cancel();
    followed.isSlow = isLate;
    followed.lane.remove(followed);
    if (!followed.isDropped) followed.cancel = this.#clock.after(againMs, () => this.#enqueue(followed));
    if (!this.#isStopped) this.#startNext(followed.lane);
  }

  #succeed(followed: Followed, hosts: readonly ResolvedHost[]): void {
    if (followed.isDropped) return;
    const before = followed.hosts;
    followed.hosts = hosts;
    followed.isAbsent = false;
    if (followed.hasFailed) this.#options.onRecovery(followed.name.name);
    followed.hasFailed = false;
    followed.firstOutcome.resolve();
    if (before === undefined || !sameHosts(before, hosts)) this.#options.onChange();
  }

  #fail(followed: Followed, error: Error): void {
    if (followed.isDropped) return;
    const wasKnown = this.isKnown(followed.name);
    followed.isAbsent = isAbsence(error);
    followed.hasFailed = true;
    const kept = followed.hosts ?? (followed.isAbsent ? [] : undefined);
    this.#options.onFailure(followed.name.name, error.message, kept);
    followed.firstOutcome.resolve();
    if (!wasKnown && followed.isAbsent) this.#options.onChange();
  }

  /** The first addresses of a list are not to wait for servers that do not answer. */
  #failWaiting(lane: LookupLane<Followed>): void {
    if (!lane.isBlocked) return;
    const error = new Error('earlier look-ups are still unanswered');
    for (const followed of lane.waiting) if (!followed.hasFailed) this.#fail(followed, error);
  }
}

/** A name of SRV records may be one of addresses too. */
function keyOf({ kind, name }: DnsName): string {
  return `${kind} ${name}`;
}

function sameHosts(left: readonly ResolvedHost[], right: readonly ResolvedHost[]): boolean {
  return (
    left.length === right.length &&
    left.every((one, index) => {
      const other = right[index];
      return one.ip === other?.ip && one.port === other.port && one.weight === other.weight;
    })
  );
}
