import { isIP } from 'node:net';

/**
 * Which names a client may call the admin port by. A web page can bring a browser to send requests
 * to any address, by a name of its own that resolves to it (DNS rebinding), and read the answers;
 * the request still has that name in its header `host`. An IP address, and localhost, cannot be
 * rebound.
 */
export class AllowedHosts {
  readonly #names: ReadonlySet<string>;
  /** `.example.com`: each name below it. */
  readonly #suffixes: readonly string[];

  /** @param names lower case; one that begins with a dot stands for all names below it */
  constructor(names: readonly string[]) {
    this.#names = new Set(['localhost', ...names]);
    this.#suffixes = names.filter((name) => name.startsWith('.'));
  }

  /** @param header the header `host`; HTTP/1.0 has none, and browsers do not speak that */
  allows(header: string | undefined): boolean {
    if (header === undefined) return true;
    const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header) ?? [];
    if (bracketed !== undefined) return isIP(bracketed) === 6;
    const name = plain.toLowerCase().replace(/\.$/, '');
    if (isIP(name) === 4 || this.#names.has(name)) return name !== '';
    return this.#suffixes.some((suffix) => name.endsWith(suffix));
  }
}
