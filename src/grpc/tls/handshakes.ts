import type { Socket } from 'node:net';

export interface HandshakesOptions {
  /** From the accepted connection to the end of its handshake, whatever the client sends. */
  readonly timeoutMs: number;
  /** Further connections end the oldest handshake. */
  readonly max: number;
  /** Receives why a handshake was ended. */
  readonly onRefused: (reason: string) => void;
}

interface Handshake {
  readonly socket: Socket;
  readonly timeout: NodeJS.Timeout;
}

/**
 * The TLS handshakes under way. Every client that reaches the port can begin one, before any
 * certificate, and each occupies about 56 KiB: so each has a deadline, and their number a bound.
 * Above the bound the oldest ends, since an honest client needs some milliseconds; if new ones were
 * refused, silent clients could keep every place.
 */
export class Handshakes {
  readonly #options: HandshakesOptions;
  /** By the addresses of both ends, in the order of their start. */
  readonly #underWay = new Map<string, Handshake>();

  constructor(options: HandshakesOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** @param socket an accepted connection on which the handshake begins now */
  begin(socket: Socket): void {
    const key = addressesOf(socket);
    // The client is gone: the handshake fails at once.
    if (key === undefined) return;
    const { timeoutMs, max } = this.#options;
    const [oldest] = this.#underWay.values();
    if (oldest !== undefined && this.#underWay.size >= max) {
      this.#refuse(oldest, `more than ${max} handshakes are under way`);
    }
    const timeout = setTimeout(
      () => this.#refuse(handshake, `no handshake within ${timeoutMs} ms`),
      timeoutMs,
    );
    const handshake = { socket, timeout };
    this.#underWay.set(key, handshake);
    socket.once('close', () => this.#end(key, handshake));
  }

  /** @param socket secured, with the addresses of one that began */
  complete(socket: Socket): void {
    const key = addressesOf(socket);
    const handshake = key === undefined ? undefined : this.#underWay.get(key);
    if (key !== undefined && handshake !== undefined) this.#end(key, handshake);
  }

  /** Closes the connections of all handshakes under way. */
  abort(): void {
    for (const { socket } of [...this.#underWay.values()]) socket.destroy();
  }

  /** Its `close` follows. */
  #refuse({ socket }: Handshake, reason: string): void {
    this.#options.onRefused(reason);
    socket.destroy();
  }

  #end(key: string, handshake: Handshake): void {
    clearTimeout(handshake.timeout);
    if (this.#underWay.get(key) === handshake) this.#underWay.delete(key);
  }
}

/**
 * What a connection and its TLSSocket have in common: node:tls does not say which belong together.
 */
function addressesOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
