import { isIP, SocketAddress } from 'node:net';

/**
 * `host:port`, read and written in one way everywhere: endpoints, listeners, etcd members, probes.
 */

/**
 * An address as written by a person: a canonical IP address with a port, or a host name that DNS
 * must resolve.
 */
export type ParsedAddress =
  | { readonly kind: 'ip'; readonly address: string }
  | { readonly kind: 'host'; readonly host: string; readonly port: number }
  /** `why` is a clause for a list of problems, `problem` the whole sentence. */
  | { readonly kind: 'invalid'; readonly why: string; readonly problem: string };

/** The accepted forms, for messages to people. */
export const addressForms = '10.0.0.1:8000, [2001:db8::1]:8000 or pod-a:8000';

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
/** getaddrinfo reads such a name as an IPv4 address in an old notation: 127.1, 0x7f000001. */
const endsInNumber = /(^|\.)(\d+|0x[0-9a-f]*)\.?$/i;
const longestLabel = 63;
const splitAddress = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/;

/**
 * Reads `10.0.0.1:8000`, `[2001:db8::1]:8000` or `pod-a.models:8000`.
 *
 * Envoy's override_host policy compares the text with its own rendering of a host's address, so an
 * IPv6 address is brought to that rendering (inet_ntop: lower case, longest run of zeros
 * shortened). An IPv4 address that is mapped into IPv6 is that IPv4 address: one host, one text.
 */
export function parseAddress(text: string): ParsedAddress {
  const parts = splitAddress.exec(text);
  if (!parts) {
    return invalid(text, isIP(text) ? 'it has no port' : 'it is not host:port');
  }
  const [, bracketed, plain, portText] = parts;
  const port = Number(portText);
  if (port < 1 || port > 65_535) return invalid(text, 'the port is not within 1–65535');
  if (bracketed !== undefined) {
    if (isIP(bracketed) !== 6 || bracketed.includes('%'))
      return invalid(text, 'the brackets hold no IPv6 address');
    const ip = canonicalIPv6(bracketed);
    return { kind: 'ip', address: isIP(ip) === 4 ? `${ip}:${port}` : `[${ip}]:${port}` };
  }
  const host = plain ?? '';
  if (isIP(host) === 4) return { kind: 'ip', address: `${host}:${port}` };
  if (endsInNumber.test(host)) return invalid(text, `"${host}" is not an IPv4 address`);
  if (!isHostName(host)) return invalid(text, `"${host}" is not an IP address or a host name`);
  return { kind: 'host', host: host.toLowerCase(), port };
}

/**
 * An IP address without a port, as it is in a canonical address: an IPv6 address has no brackets.
 * undefined: the text is none.
 */
export function parseIp(text: string): string | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const family = bare.includes('%') ? 0 : isIP(bare);
  if (family === 0 || (family === 4 && bare !== text)) return undefined;
  return family === 6 ? canonicalIPv6(bare) : bare;
}

export function isHostName(host: string): boolean {
  return hostName.test(host) && host.split('.').every((label) => label.length <= longestLabel);
}

const mappedIPv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/** @returns an IPv4 address where it is one that is mapped (RFC 4291, section 2.5.5.2) */
function canonicalIPv6(address: string): string {
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return mappedIPv4.exec(canonical)?.[1] ?? canonical;
}

function invalid(text: string, why: string): ParsedAddress {
  const problem = `"${text}" is not an endpoint address: ${why}; write it like ${addressForms}`;
  return { kind: 'invalid', why, problem };
}

/** May a server listen there? The text is `host:port`; with port 0 the system chooses one. */
export function isListenAddress(text: string): boolean {
  // Port 0 is invalid for an endpoint and valid for a listener: the host is validated with another.
  return parseAddress(text.replace(/:0$/, ':1')).kind !== 'invalid';
}

/**
 * Splits an address that was validated before; an IPv6 address loses its brackets.
 *
 * @throws Error when there is no port: a bug, never a situation
 */
export function splitHostPort(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw new Error(`"${address}" is not host:port`);
  return { host, port: Number(port) };
}

/** The same host with another port: for a listener that asked for port 0. */
export function withPort(address: string, port: number): string {
  return address.replace(/:\d+$/, `:${port}`);
}
