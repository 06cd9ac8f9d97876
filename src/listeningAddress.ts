import { networkInterfaces } from 'node:os';
import { splitHostPort } from './hostPort.ts';

/** `[::]` is every address of a machine, of both families, also where it has one family only. */
const everyHost = '::';

/**
 * Where a server listens for a configured `host:port`; an IPv6 address has no brackets. A system
 * without IPv6 may have no `::` to listen on, and `0.0.0.0` is every address of it.
 */
export function whereToListen(
  address: string,
  hasIpv6 = machineHasIpv6(),
): { readonly host: string; readonly port: number } {
  const { host, port } = splitHostPort(address);
  return { host: host === everyHost && !hasIpv6 ? '0.0.0.0' : host, port };
}

/** Where a client on this machine reaches what listens on a configured `host:port`. */
export function localAddress(address: string): string {
  return address.startsWith(`[${everyHost}]:`) ? address.replace(`[${everyHost}]`, '127.0.0.1') : address;
}

function machineHasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses = []) =>
    addresses.some(({ family }) => family === 'IPv6'),
  );
}
