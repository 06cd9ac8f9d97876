import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import type { Load } from '../../src/scheduling/load.ts';

export function endpoint(address: string, weight = 1): Endpoint {
  return { address, weight, labels: {}, models: [] };
}

export function endpoints(count: number): Endpoint[] {
  return Array.from({ length: count }, (_, i) => endpoint(`10.0.0.${i + 1}:8000`));
}

/** A view by address: everybody's requests in flight, all of them this scheduler's own unless `others` says more. */
export function loads(
  own: Readonly<Record<string, number>>,
  others: Readonly<Record<string, number>> = {},
  unseen = 0,
): Load {
  return {
    inFlight: (address) => (own[address] ?? 0) + (others[address] ?? 0),
    localInFlight: (address) => own[address] ?? 0,
    unacknowledgedPicks: () => unseen,
  };
}
