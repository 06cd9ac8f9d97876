import { addressLookup, srvLookup } from './dnsLookup.ts';
import type { DnsName, Resolution } from './lookup.ts';
import { systemLookup } from './systemLookup.ts';

/** Resolves a name in the way that fits its kind. */
export function lookupName({ kind, name }: DnsName, signal: AbortSignal): Promise<Resolution> {
  switch (kind) {
    case 'system':
      return systemLookup(name);
    case 'addresses':
      return addressLookup(name, signal);
    case 'srv':
      return srvLookup(name, signal);
  }
}
