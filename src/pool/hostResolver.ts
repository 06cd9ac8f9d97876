import type { Clock } from '../clock.ts';
import { parseAddress } from '../hostPort.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { type DnsName, dnsNameOf, type Lookup, type ResolvedHost } from './dns/lookup.ts';
import { NameLookups, type NameLookupsOptions } from './dns/nameLookups.ts';
import { type EndpointPlace, type ParsedEndpoint, placeText } from './parseEndpoint.ts';
import type { OnEndpoints, PoolReport } from './pool.ts';

/**
 * Turns parsed endpoints into endpoints: a name becomes one for each of its addresses, and changes
 * with them. A name that cannot be resolved keeps its last addresses. A list without names needs
 * no timer.
 */
export interface HostResolverOptions {
  readonly dnsRefreshMs: number;
  readonly report: PoolReport;
  readonly lookup?: Lookup;
  readonly clock?: Clock;
}

type FailureReport = Pick<NameLookupsOptions, 'onFailure' | 'onRecovery'>;

/** The least and the most that an endpoint may have. */
const weights = { least: 0.01, most: 100 } as const;

export class HostResolver {
  readonly #lookups: NameLookups;
  readonly #onEndpoints: OnEndpoints;
  /** The list in force; undefined: none was passed on yet. */
  #parsed: readonly ParsedEndpoint[] | undefined;
  /** Counts lists: only the latest one comes into force. */
  #turn = 0;
  #pendingChange: NodeJS.Immediate | undefined;
  #stopped = false;

  /** @param source the name of the source it resolves for */
  constructor(source: string, options: HostResolverOptions, onEndpoints: OnEndpoints) {
    const { clock, dnsRefreshMs, lookup, report } = options;
    this.#onEndpoints = onEndpoints;
    const failures = failureReport(report, source);
    this.#lookups = new NameLookups({
      refreshMs: dnsRefreshMs,
      ...(lookup && { lookup }),
      ...(clock && { clock }),
      onChange: () => this.#changed(),
      ...failures,
    });
  }

  /**
   * Replaces the list. Resolves when the first list is passed on at least in part, later ones
   * wholly.
   */
  async use(parsed: readonly ParsedEndpoint[]): Promise<void> {
    if (this.#stopped) return;
    const turn = ++this.#turn;
    const names = parsed.flatMap(({ place }) => nameOf(place) ?? []);
    const following = this.#lookups.follow(names);
    // The start does not wait for DNS when there are plain addresses.
    const isPartOfUse = this.#parsed === undefined && names.length < parsed.length;
    if (!isPartOfUse) await following;
    if (turn !== this.#turn || this.#stopped) return;
    this.#parsed = parsed;
    this.#lookups.keepOnly(names);
    this.#passOn(parsed);
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#pendingChange);
    this.#lookups.stop();
  }

  /** The answers of one turn are one change. */
  #changed(): void {
    this.#pendingChange ??= setImmediate(() => {
      this.#pendingChange = undefined;
      if (this.#parsed !== undefined) this.#passOn(this.#parsed);
    });
  }

  #passOn(list: readonly ParsedEndpoint[]): void {
    clearImmediate(this.#pendingChange);
    this.#pendingChange = undefined;
    const isWhole = list.every(({ place }) => {
      const name = nameOf(place);
      return name === undefined || this.#lookups.isKnown(name);
    });
    this.#onEndpoints(
      list.flatMap((parsed) => this.#endpointsOf(parsed)),
      isWhole,
    );
  }

  #endpointsOf({ place, traits }: ParsedEndpoint): Endpoint[] {
    const name = nameOf(place);
    if (name === undefined) return [{ address: placeText(place), ...traits }];
    return this.#lookups.hostsOf(name).flatMap((host) => {
      const address = addressOf(host, place);
      // A link-local address with a zone is of use on this machine only.
      return address === undefined ? [] : [{ address, ...traits, weight: weightOf(host, traits) }];
    });
  }
}

function nameOf(place: EndpointPlace): DnsName | undefined {
  if (place.kind === 'ip') return undefined;
  return place.kind === 'srv' ? { kind: 'srv', name: place.name } : dnsNameOf(place.host);
}

function addressOf({ ip, port }: ResolvedHost, place: EndpointPlace): string | undefined {
  const ofPlace = place.kind === 'host' ? place.port : undefined;
  const parsed = parseAddress(`${ip.includes(':') ? `[${ip}]` : ip}:${port ?? ofPlace ?? 0}`);
  return parsed.kind === 'ip' ? parsed.address : undefined;
}

function weightOf({ weight }: ResolvedHost, traits: ParsedEndpoint['traits']): number {
  if (weight === 1) return traits.weight;
  return Math.min(Math.max(weight * traits.weight, weights.least), weights.most);
}

/** Counts failures, and logs each reason of a host once while it lasts. */
function failureReport(report: PoolReport, source: string): FailureReport {
  const logged = new Map<string, string>();
  return {
    onFailure: (host, reason, hosts) => {
      report.count('failed-lookup', source);
      if (logged.get(host) === reason) return;
      logged.set(host, reason);
      if (hosts === undefined) {
        report.log.warn(
          { event: 'host.unknown', host, reason },
          'host name has no answer yet; Envoy gets no endpoints from this instance until it has one',
        );
        return;
      }
      const kept = hosts.map(({ ip }) => ip);
      report.log.warn(
        { event: 'host.lookup-failed', host, reason, kept },
        'host name does not resolve; its last addresses stay in use',
      );
    },
    onRecovery: (host) => {
      logged.delete(host);
      report.log.info({ event: 'host.resolved', host }, 'host name resolves again');
    },
  };
}
