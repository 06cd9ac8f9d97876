import { lookup } from 'node:dns/promises';
import { type Clock, systemClock } from '../clock.ts';
import { parseAddress } from '../hostPort.ts';
import { JudgingTimer } from '../judgingTimer.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { type ParsedEndpoint, placeText } from './parseEndpoint.ts';
import type { PoolReport } from './pool.ts';

/**
 * Resolves parsed endpoints: a host name becomes one endpoint for each of its IP addresses (A and
 * AAAA, by the system's resolver), and is resolved again every `dnsRefreshMs`. A lookup that fails,
 * finds nothing or exceeds the interval keeps the last addresses. A list without host names needs
 * no timer.
 */
export interface HostResolverOptions {
  readonly dnsRefreshMs: number;
  readonly report: PoolReport;
  /** The IP addresses of a host, in any order. */
  readonly resolveHost?: (host: string) => Promise<readonly string[]>;
}

/** Each holds one of the runtime's four threads, which reads of files need too. */
const lookupsAtOnce = 2;

export class HostResolver {
  readonly #dnsRefreshMs: number;
  readonly #source: string;
  readonly #report: PoolReport;
  readonly #resolveHost: (host: string) => Promise<readonly string[]>;
  readonly #onEndpoints: (endpoints: readonly Endpoint[]) => void;
  #parsed: readonly ParsedEndpoint[] = [];
  #addresses = new Map<string, readonly string[]>();
  readonly #failures = new Map<string, string>();
  /**
   * The system's lookups cannot be cancelled: a slow one is awaited, never started a second time.
   */
  readonly #pending = new Map<string, Promise<readonly string[]>>();
  #passedOn = false;
  /** Counts rounds of lookups: only the latest round passes on its endpoints. */
  #round = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param source the name of the source it resolves for */
  constructor(
    source: string,
    options: HostResolverOptions,
    onEndpoints: (endpoints: readonly Endpoint[]) => void,
  ) {
    this.#source = source;
    this.#dnsRefreshMs = options.dnsRefreshMs;
    this.#report = options.report;
    this.#resolveHost = options.resolveHost ?? systemLookup;
    this.#onEndpoints = onEndpoints;
  }

  /**
   * Replaces the list. Resolves when the first list is passed on at least in part, later ones
   * wholly.
   */
  async use(parsed: readonly ParsedEndpoint[]): Promise<void> {
    this.#parsed = parsed;
    const hosts = this.#hosts();
    const isListed = new Set(hosts);
    this.#addresses = new Map([...this.#addresses].filter(([host]) => isListed.has(host)));
    const firstRound = this.#resolveAll(hosts);
    // The start does not wait for DNS when there are plain addresses.
    const someKnown = parsed.some(({ place }) => place.kind === 'ip');
    if (!this.#passedOn && someKnown && hosts.length > 0) this.#passOn();
    else await firstRound;
  }

  stop(): void {
    this.#stopped = true;
    this.#round++;
    clearTimeout(this.#timer);
  }

  #hosts(): string[] {
    return [...new Set(this.#parsed.flatMap(({ place }) => (place.kind === 'host' ? [place.host] : [])))];
  }

  /** Never rejects. */
  async #resolveAll(hosts: readonly string[]): Promise<void> {
    if (this.#stopped) return;
    const round = ++this.#round;
    clearTimeout(this.#timer);
    const waiting = hosts.values();
    const resolveNext = async () => {
      for (const host of waiting) if (round === this.#round) await this.#resolve(host);
    };
    await Promise.all(Array.from({ length: lookupsAtOnce }, resolveNext));
    if (round !== this.#round) return;
    this.#passOn();
    if (hosts.length > 0) {
      this.#timer = setTimeout(() => void this.#resolveAll(hosts), this.#dnsRefreshMs);
    }
  }

  async #resolve(host: string): Promise<void> {
    try {
      const addresses = await withDeadline(this.#lookupOnce(host), this.#dnsRefreshMs);
      if (addresses.length === 0) throw new Error('it has no addresses');
      this.#addresses.set(host, [...new Set(oneFamily(addresses))].sort());
      if (this.#failures.delete(host)) {
        this.#report.log.info({ event: 'host.resolved', host }, 'host name resolves again');
      }
    } catch (error) {
      this.#failed(host, (error as Error).message);
    }
  }

  #failed(host: string, reason: string): void {
    if (this.#stopped) return;
    this.#report.count('failed-lookup', this.#source);
    if (this.#failures.get(host) === reason) return;
    this.#failures.set(host, reason);
    const kept = this.#addresses.get(host) ?? [];
    this.#report.log.warn(
      { event: 'host.lookup-failed', host, reason, kept },
      'host name does not resolve; its last addresses stay in use',
    );
  }

  async #lookupOnce(host: string): Promise<readonly string[]> {
    let pending = this.#pending.get(host);
    if (!pending) {
      if (this.#pending.size >= lookupsAtOnce) throw new Error('earlier look-ups are still unanswered');
      pending = this.#resolveHost(host).finally(() => this.#pending.delete(host));
      this.#pending.set(host, pending);
    }
    return pending;
  }

  #passOn(): void {
    this.#passedOn = true;
    this.#onEndpoints(this.#parsed.flatMap((parsed) => this.#endpointsOf(parsed)));
  }

  #endpointsOf({ place, traits }: ParsedEndpoint): Endpoint[] {
    if (place.kind === 'ip') return [{ address: place.address, ...traits }];
    return (this.#addresses.get(place.host) ?? []).flatMap((ip) => {
      const parsed = parseAddress(
        placeText({ kind: 'host', host: ip.includes(':') ? `[${ip}]` : ip, port: place.port }),
      );
      // A link-local address with a zone is of use on this machine only.
      return parsed.kind === 'ip' ? [{ address: parsed.address, ...traits }] : [];
    });
  }
}

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/**
 * A pod with an address in each family is one pod: of a name that has both, the IPv4 addresses
 * count, as in the shipped Envoy files.
 */
function oneFamily(addresses: readonly string[]): readonly string[] {
  const v4 = addresses.filter((address) => !address.includes(':'));
  return v4.length > 0 ? v4 : addresses;
}

function withDeadline<T>(promise: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const onDue = (): void => reject(new Error(`no answer in ${deadlineMs} ms`));
    const timer = new JudgingTimer(deadlineMs, onDue, clock);
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** Neither a stop nor the end of the process waits for DNS. */
const clock: Clock = {
  nowMs: systemClock.nowMs,
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.ceil(delayMs)).unref();
    return () => clearTimeout(timer);
  },
};
