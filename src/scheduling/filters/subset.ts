import { parseAddress, parseIp, splitHostPort } from '../../hostPort.ts';
import type { Subset } from '../../request/schedulingRequest.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Candidates, Filter } from '../filter.ts';

/** Both are created at first use, because they are most of the work in large pools. */
interface Index {
  byAddress?: ReadonlyMap<string, Endpoint>;
  byIp?: ReadonlyMap<string, readonly Endpoint[]>;
}

/** By the array of ready endpoints, which is replaced at each change. */
const indexes = new WeakMap<readonly Endpoint[], Index>();

export const subsetFilter: Filter = {
  name: 'subset',
  summary: 'leaves the endpoints that the gateway named (`x-gateway-destination-endpoint-subset`)',
  apply({ subset }, endpoints) {
    return subset === undefined ? endpoints : inSubset(subset, endpoints);
  },
};

/**
 * The endpoints that the subset names, by address or by IP alone, which means all ports (Gateway
 * API endpoint picker protocol, `x-gateway-destination-endpoint-subset`).
 */
function inSubset(subset: Subset, endpoints: readonly Endpoint[]): Candidates {
  if (subset === 'too-large') return { kind: 'subset-too-large' };
  const index = indexOf(endpoints);
  const found = new Set<Endpoint>();
  for (const entry of subset) addNamed(entry, index, endpoints, found);
  return found.size === 0 ? { kind: 'subset-empty' } : [...found];
}

/** Most entries are canonical addresses. Only what is not found is parsed. */
function addNamed(entry: string, index: Index, endpoints: readonly Endpoint[], found: Set<Endpoint>): void {
  const byAddress = addressesOf(index, endpoints);
  const named = byAddress.get(entry);
  if (named !== undefined) {
    found.add(named);
    return;
  }
  const ip = parseIp(entry);
  if (ip !== undefined) {
    for (const endpoint of ipsOf(index, endpoints).get(ip) ?? []) found.add(endpoint);
    return;
  }
  const parsed = parseAddress(entry);
  const canonical = parsed.kind === 'ip' ? byAddress.get(parsed.address) : undefined;
  if (canonical !== undefined) found.add(canonical);
}

function indexOf(endpoints: readonly Endpoint[]): Index {
  let index = indexes.get(endpoints);
  if (index === undefined) {
    index = {};
    indexes.set(endpoints, index);
  }
  return index;
}

function addressesOf(index: Index, endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint> {
  index.byAddress ??= new Map(endpoints.map((endpoint) => [endpoint.address, endpoint]));
  return index.byAddress;
}

function ipsOf(index: Index, endpoints: readonly Endpoint[]): ReadonlyMap<string, readonly Endpoint[]> {
  index.byIp ??= Map.groupBy(endpoints, ({ address }) => splitHostPort(address).host);
  return index.byIp;
}
