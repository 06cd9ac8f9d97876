/** What DNS is asked for. */
export type DnsName =
  /** As the system resolves it: /etc/hosts, the search list, and what else is set up there. */
  | { readonly kind: 'system'; readonly name: string }
  /** An absolute name: its A or AAAA records, with their time to live. */
  | { readonly kind: 'addresses'; readonly name: string }
  /** SRV records: they name hosts, ports and weights. */
  | { readonly kind: 'srv'; readonly name: string };

export interface ResolvedHost {
  readonly ip: string;
  /** Where SRV says it. */
  readonly port?: number;
  /** Relative to the other hosts of the name; 1 but for SRV. */
  readonly weight: number;
}

export interface Resolution {
  /** In an order that depends on nothing but the hosts. */
  readonly hosts: readonly ResolvedHost[];
  /** Undefined: not known. */
  readonly ttlMs: number | undefined;
}

/** @throws an error with a `code`; `isAbsence` tells those that say that there is no such name */
export type Lookup = (name: DnsName, signal: AbortSignal) => Promise<Resolution>;

/**
 * A name that ends with a dot is absolute: no search list applies, so DNS can be asked directly.
 * Any other may be in /etc/hosts or need the search list (`vllm` in a cluster), which only the
 * system's resolver knows; that one says no time to live, and holds a thread for each name.
 */
export function dnsNameOf(host: string): DnsName {
  return { kind: host.endsWith('.') ? 'addresses' : 'system', name: host };
}

/** The name does not exist, or has no such records: an answer, unlike a server that is lost. */
export function isAbsence(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** An answer without a host is the same as none. */
export class NoAddresses extends Error {
  override readonly name = 'NoAddresses';
  readonly code = 'ENODATA';

  constructor() {
    super('it has no addresses');
  }
}

/**
 * A pod with an address in each family is one pod: of a name that has both, the IPv4 addresses
 * count, as in the shipped Envoy files.
 *
 * @throws NoAddresses
 */
export function resolutionOf(addresses: readonly string[], ttlMs: number | undefined): Resolution {
  const v4 = addresses.filter((address) => !address.includes(':'));
  const ips = [...new Set(v4.length > 0 ? v4 : addresses)].sort();
  if (ips.length === 0) throw new NoAddresses();
  return { hosts: ips.map((ip) => ({ ip, weight: 1 })), ttlMs };
}
