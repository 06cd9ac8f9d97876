import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import type { Load } from '../../src/scheduling/load.ts';

export function endpoint(address: string, weight = 1): Endpoint {
  return { address, weight, labels: {}, models: [] };
}

export function endpoints(count: number): Endpoint[] {
  return Array.from({ length: count }, (_, i) => endpoint(`10.0.0.${i + 1}:8000`));
}

/** Requests in flight by address: the local ones, and those of other schedulers. */
export function loads(
  local: Readonly<Record<string, number>>,
  others: Readonly<Record<string, number>> = {},
  unacknowledged = 0,
): Load {
  return {
    inFlight: (address) => (local[address] ?? 0) + (others[address] ?? 0),
    localInFlight: (address) => local[address] ?? 0,
    unacknowledgedPicks: () => unacknowledged,
  };
}
