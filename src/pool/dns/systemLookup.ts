import { lookup } from 'node:dns/promises';
import { type Resolution, resolutionOf } from './lookup.ts';

/** Asks the system's resolver (getaddrinfo). It cannot be cancelled. */
export async function systemLookup(host: string): Promise<Resolution> {
  const addresses = await lookup(host, { all: true });
  return resolutionOf(
    addresses.map(({ address }) => address),
    undefined,
  );
}
