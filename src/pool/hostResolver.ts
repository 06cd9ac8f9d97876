import { lookup } from 'node:dns/promises';
import { parseAddress } from '../hostPort.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { type ParsedEndpoint, placeText } from './parseEndpoint.ts';
import type { PoolReport } from './pool.ts';

/**
 * Turns described endpoints into endpoints: a host name becomes one endpoint for each of its IP addresses
 * (A and AAAA, by the system's resolver), asked again every `dnsRefreshMs`. A look-up that fails, finds
 * nothing or outlasts the interval keeps the last answer. A list without host names costs no timer.
 */
export interface HostResolverOptions {
  readonly dnsRefreshMs: number;
  readonly report: PoolReport;
  /** The IP addresses of a host, in any order. */
  readonly resolveHost?: (host: string) => Promise<readonly string[]>;
}

export class HostResolver {
  readonly #dnsRefreshMs: number;
  readonly #source: string;
  readonly #report: PoolReport;
  readonly #resolveHost: (host: string) => Promise<readonly string[]>;
  readonly #tell: (endpoints: readonly Endpoint[]) => void;
  #described: readonly ParsedEndpoint[] = [];
  #answers = new Map<string, readonly string[]>();
  readonly #failures = new Map<string, string>();
  /** The system's look-ups cannot be cancelled: a slow one is waited for, never asked a second time. */
  readonly #pending = new Map<string, Promise<readonly string[]>>();
  #told = false;
  /** Counts rounds of look-ups: a round that is not the latest any more says nothing. */
  #round = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param source the name of the source it resolves for */
  constructor(source: string, options: HostResolverOptions, tell: (endpoints: readonly Endpoint[]) => void) {
    this.#source = source;
    this.#dnsRefreshMs = options.dnsRefreshMs;
    this.#report = options.report;
    this.#resolveHost = options.resolveHost ?? systemLookup;
    this.#tell = tell;
  }

  /** Replaces the list. Resolves when the first list has been told at least in part, later ones wholly. */
  async use(described: readonly ParsedEndpoint[]): Promise<void> {
    this.#described = described;
    const hosts = this.#hosts();
    this.#answers = new Map([...this.#answers].filter(([host]) => hosts.includes(host)));
    const firstRound = this.#resolveAll(hosts);
    // At the start nobody waits for DNS when there are plain addresses to begin with.
    const someKnown = described.some(({ place }) => place.kind === 'ip');
    if (!this.#told && someKnown && hosts.length > 0) this.#tellAll();
    else await firstRound;
  }

  stop(): void {
    this.#stopped = true;
    this.#round++;
    clearTimeout(this.#timer);
  }

  #hosts(): string[] {
    return [...new Set(this.#described.flatMap(({ place }) => (place.kind === 'host' ? [place.host] : [])))];
  }

  /** Never rejects. */
  async #resolveAll(hosts: readonly string[]): Promise<void> {
    if (this.#stopped) return;
    const round = ++this.#round;
    clearTimeout(this.#timer);
    await Promise.all(hosts.map((host) => this.#resolve(host)));
    if (round !== this.#round) return;
    this.#tellAll();
    if (hosts.length > 0) {
      this.#timer = setTimeout(() => void this.#resolveAll(hosts), this.#dnsRefreshMs);
    }
  }

  async #resolve(host: string): Promise<void> {
    try {
      const addresses = await withDeadline(this.#lookUpOnce(host), this.#dnsRefreshMs);
      if (addresses.length === 0) throw new Error('it has no addresses');
      this.#answers.set(host, [...new Set(addresses)].sort());
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
    const kept = this.#answers.get(host) ?? [];
    this.#report.log.warn(
      { event: 'host.lookup-failed', host, reason, kept },
      'host name does not resolve; its last addresses stay in use',
    );
  }

  #lookUpOnce(host: string): Promise<readonly string[]> {
    let pending = this.#pending.get(host);
    if (!pending) {
      pending = this.#resolveHost(host).finally(() => this.#pending.delete(host));
      this.#pending.set(host, pending);
    }
    return pending;
  }

  #tellAll(): void {
    this.#told = true;
    this.#tell(this.#described.flatMap((described) => this.#endpointsOf(described)));
  }

  #endpointsOf({ place, traits }: ParsedEndpoint): Endpoint[] {
    if (place.kind === 'ip') return [{ address: place.address, ...traits }];
    return (this.#answers.get(place.host) ?? []).flatMap((ip) => {
      const parsed = parseAddress(
        placeText({ kind: 'host', host: ip.includes(':') ? `[${ip}]` : ip, port: place.port }),
      );
      // A link-local answer with a zone is an address that nobody but this machine can use.
      return parsed.kind === 'ip' ? [{ address: parsed.address, ...traits }] : [];
    });
  }
}

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function withDeadline<T>(promise: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${deadlineMs} ms`)), deadlineMs);
    // A stop does not wait for DNS, and neither shall the end of the process.
    timer.unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
