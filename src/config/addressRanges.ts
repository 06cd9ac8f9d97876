import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { splitHostPort } from '../hostPort.ts';

/** The accepted forms, for messages to people. */
const rangeForms = '10.0.0.0/8, 10.0.3.0/24:8000, 10.0.0.7:8000-8007 or [2001:db8::/32]:8000';

const split = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5})(?:-(\d{1,5}))?)?$/;
const highestPort = 65_535;

interface AddressRange {
  readonly list: BlockList;
  readonly firstPort: number;
  readonly lastPort: number;
}

/** A setting: IP addresses by prefix, with all ports, one, or a range of them. */
export function addressRange() {
  const error = `a range of addresses such as ${rangeForms}`;
  return z.string({ error }).refine((text) => parseRange(text) !== undefined, { error });
}

/** undefined: the text is none. */
function parseRange(text: string): AddressRange | undefined {
  const [, bracketed, plain, first, last = first] = split.exec(text) ?? [];
  const [ip = '', prefix] = (bracketed ?? plain ?? '').split('/', 2);
  const version = isIP(ip);
  // An IPv6 address has brackets, so that its port can be told from it.
  if (version === 0 || ip.includes('%') || (version === 6) !== (bracketed !== undefined)) return undefined;
  const longest = version === 6 ? 128 : 32;
  const prefixLength = prefix === undefined ? longest : Number(prefix);
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || prefixLength > longest)) return undefined;
  if ((bracketed ?? plain ?? '').split('/').length > 2) return undefined;
  const firstPort = first === undefined ? 1 : Number(first);
  const lastPort = last === undefined ? highestPort : Number(last);
  if (firstPort < 1 || lastPort > highestPort || firstPort > lastPort) return undefined;
  const list = new BlockList();
  list.addSubnet(ip, prefixLength, version === 6 ? 'ipv6' : 'ipv4');
  return { list, firstPort, lastPort };
}

/** Ranges of addresses and ports, of which an endpoint must be in one. */
export class AddressRanges {
  readonly #texts: readonly string[];
  readonly #ranges: readonly AddressRange[];

  /** @param texts valid ones */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#ranges = texts.flatMap((text) => parseRange(text) ?? []);
  }

  /** @param address canonical, with an IP address */
  contain(address: string): boolean {
    const { host, port } = splitHostPort(address);
    const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
    return this.#ranges.some(
      ({ list, firstPort, lastPort }) => port >= firstPort && port <= lastPort && list.check(host, family),
    );
  }

  /** @throws Error that names the ranges */
  require(address: string): void {
    if (this.contain(address)) return;
    throw new Error(`${address} is in none of the ranges of pool.allow: ${this.#texts.join(', ')}`);
  }
}
