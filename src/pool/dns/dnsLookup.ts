import { Resolver } from 'node:dns/promises';
import { isAbsence, NoAddresses, type Resolution, type ResolvedHost, resolutionOf } from './lookup.ts';
import { chooseSrvTargets, type SrvTarget } from './srvTargets.ts';

/** Where to ask; default: the servers of the system. */
export interface DnsLookupOptions {
  readonly servers?: readonly string[];
}

/** Asks each server so often, and waits that long the first time (longer each time). */
const tries = 3;
const timeoutMs = 1_500;
/** Queries that one SRV name has open. */
const targetsAtOnce = 8;

/** The A records of an absolute name, or its AAAA records where it has none. */
export async function addressLookup(
  name: string,
  signal: AbortSignal,
  options: DnsLookupOptions = {},
): Promise<Resolution> {
  return withResolver(signal, options, (resolver) => resolveAddresses(resolver, name));
}

/**
 * The hosts of an SRV name. Node does not tell the time to live of SRV records, so it is not known.
 * A target that does not exist has just left; one that cannot be resolved fails the whole lookup.
 */
export async function srvLookup(
  name: string,
  signal: AbortSignal,
  options: DnsLookupOptions = {},
): Promise<Resolution> {
  return withResolver(signal, options, async (resolver) => {
    const targets = chooseSrvTargets(await resolver.resolveSrv(name));
    const hostsOf = await resolveTargets(resolver, targets);
    const hosts = targets.flatMap(({ host, port, weight }) =>
      (hostsOf.get(host) ?? []).map(({ ip }) => ({ ip, port, weight })),
    );
    if (hosts.length === 0) throw new NoAddresses();
    return { hosts, ttlMs: undefined };
  });
}

/** A new resolver for each lookup: it has the current servers, and is cancelled alone. */
async function withResolver<T>(
  signal: AbortSignal,
  { servers }: DnsLookupOptions,
  ask: (resolver: Resolver) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await ask(resolver);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * Only a name that has no A records is asked for AAAA: a pod has one address here, and a failure of
 * the first query must not change its family.
 */
async function resolveAddresses(resolver: Resolver, name: string): Promise<Resolution> {
  let records: readonly { readonly address: string; readonly ttl: number }[];
  try {
    records = await resolver.resolve4(name, { ttl: true });
  } catch (error) {
    if (!isAbsence(error)) throw error;
    records = await resolver.resolve6(name, { ttl: true });
  }
  return resolutionOf(
    records.map(({ address }) => address),
    Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
  );
}

async function resolveTargets(
  resolver: Resolver,
  targets: readonly SrvTarget[],
): Promise<ReadonlyMap<string, readonly ResolvedHost[]>> {
  const hostsOf = new Map<string, readonly ResolvedHost[]>();
  const hosts = new Set(targets.map(({ host }) => host)).values();
  const resolveNext = async () => {
    for (const host of hosts) {
      try {
        hostsOf.set(host, (await resolveAddresses(resolver, host)).hosts);
      } catch (error) {
        if (!isAbsence(error)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: targetsAtOnce }, resolveNext));
  return hostsOf;
}
