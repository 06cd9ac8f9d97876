import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import type { Load } from '../../src/scheduling/load.ts';

export function endpoint(address: string, weight = 1): Endpoint {
  return { address, weight, labels: {}, models: [] };
}

export function endpoints(count: number): Endpoint[] {
  return Array.from({ length: count }, (_, i) => endpoint(`10.0.0.${i + 1}:8000`));
}

export function loads(counts: Readonly<Record<string, number>>, unseen = 0): Load {
  return { inFlight: (address) => counts[address] ?? 0, unseen: () => unseen };
}
