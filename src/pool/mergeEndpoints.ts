import type { Endpoint } from '../scheduling/endpoint.ts';
import { sameEndpoint } from './sameEndpoint.ts';

/**
 * An address that `source` lists although `first`, an earlier source or the same one, has listed
 * it.
 */
export interface DuplicateEndpoint {
  readonly endpoint: string;
  readonly source: string;
  readonly first: string;
}

export interface MergedEndpoints {
  readonly all: readonly Endpoint[];
  readonly addresses: ReadonlySet<string>;
  readonly duplicates: ReadonlyMap<string, DuplicateEndpoint>;
}

export interface SourceList {
  readonly source: string;
  readonly endpoints: readonly Endpoint[];
}

/** Endpoints of one step: a few milliseconds at most. */
const stepSize = 500;

/**
 * Merges the lists of sources, pure; the first that lists an address describes it. In steps, so
 * that the merge of a large pool can leave the event loop in between.
 *
 * @param before an unchanged endpoint stays the same object
 */
export function* mergeEndpoints(
  lists: readonly SourceList[],
  before: readonly Endpoint[],
): Generator<undefined, MergedEndpoints> {
  const all: Endpoint[] = [];
  const sourceOf = new Map<string, string>();
  const duplicates = new Map<string, DuplicateEndpoint>();
  let steps = 0;
  const known = new Map<string, Endpoint>();
  for (const endpoint of before) {
    known.set(endpoint.address, endpoint);
    if (++steps % stepSize === 0) yield;
  }
  for (const { source, endpoints } of lists) {
    for (const endpoint of endpoints) {
      if (++steps % stepSize === 0) yield;
      const { address } = endpoint;
      const first = sourceOf.get(address);
      if (first !== undefined) {
        duplicates.set(`${address} ${source}`, { endpoint: address, source, first });
        continue;
      }
      const knownOne = known.get(address);
      all.push(knownOne && sameEndpoint(knownOne, endpoint) ? knownOne : endpoint);
      sourceOf.set(address, source);
    }
  }
  const addresses = new Set<string>();
  for (const { address } of all) {
    addresses.add(address);
    if (++steps % stepSize === 0) yield;
  }
  return { all, addresses, duplicates };
}
