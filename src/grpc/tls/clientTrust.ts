import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { AcceptedConnection } from '../acceptedConnection.ts';
import { isAnyRemoved, isIssuedByRoot } from './authorities.ts';

export interface ClientTrustOptions {
  readonly graceMs: number;
  readonly onDistrusted: (connections: number) => void;
}

/**
 * The open connections of clients with a certificate, and what becomes of them when an authority is
 * removed: a client stays whose certificate a remaining root has issued. Any other gets GOAWAY and,
 * after the grace period, is closed; it may connect again, and is verified then.
 */
export class ClientTrust {
  readonly #options: ClientTrustOptions;
  readonly #clients = new Map<AcceptedConnection, X509Certificate>();
  #authorities: readonly X509Certificate[] = [];

  constructor(options: ClientTrustOptions) {
    this.#options = options;
  }

  add(socket: TLSSocket, certificate: X509Certificate, connection: AcceptedConnection): void {
    this.#clients.set(connection, certificate);
    socket.once('close', () => this.#clients.delete(connection));
  }

  /** @returns whether an authority was removed */
  replaceAuthorities(authorities: readonly X509Certificate[]): boolean {
    const before = this.#authorities;
    this.#authorities = authorities;
    if (!isAnyRemoved(before, authorities)) return false;
    const distrusted = this.#distrusted();
    if (distrusted.length > 0) {
      this.#options.onDistrusted(distrusted.length);
      for (const connection of distrusted) connection.shutdown();
      setTimeout(() => {
        for (const connection of distrusted) connection.destroy();
      }, this.#options.graceMs).unref();
    }
    return true;
  }

  #distrusted(): readonly AcceptedConnection[] {
    /** Many connections are of clients with the same certificate. */
    const verdicts = new Map<string, boolean>();
    return [...this.#clients].flatMap(([connection, certificate]) => {
      const { fingerprint256 } = certificate;
      const isTrusted = verdicts.get(fingerprint256) ?? isIssuedByRoot(certificate, this.#authorities);
      verdicts.set(fingerprint256, isTrusted);
      return isTrusted ? [] : [connection];
    });
  }
}
