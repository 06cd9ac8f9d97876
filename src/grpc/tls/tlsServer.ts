import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { AcceptedConnection } from '../acceptedConnection.ts';
import type { OnUnexpectedError } from '../containErrors.ts';
import type { OnForeignProtocol } from '../foreignProtocol.ts';
import { parseAuthorities } from './authorities.ts';
import { type Certificate, type CertificateSource, defaultDistrustedGraceMs } from './certificateSource.ts';
import { namesOf } from './clientNames.ts';
import { ClientTrust } from './clientTrust.ts';
import { Handshakes } from './handshakes.ts';
import { secureContextOptions } from './secureContext.ts';

const handshakeTimeoutMs = 10_000;
/**
 * 28 MiB of half-open connections. Proxies reconnect in dozens, and a handshake takes a
 * millisecond.
 */
const maxHandshakes = 512;

const longestNames = 200;

/** What OpenSSL reports of bytes that are no TLS record, such as the preface of HTTP/2. */
const plainTextErrors = new Set([
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);

export interface TlsServerOptions {
  readonly certificates: CertificateSource;
  /** Serves a connection whose handshake is complete. undefined: it has closed it. */
  readonly serve: (socket: TLSSocket) => AcceptedConnection | undefined;
  /** The client speaks plain text. */
  readonly onForeignProtocol: OnForeignProtocol;
  readonly onUnexpectedError: OnUnexpectedError;
}

/**
 * Accepts TLS connections, of clients that present the certificate that is wanted. `h2` is agreed
 * on by ALPN (RFC 9113, section 3.2): node:tls rejects a client that offers only other protocols.
 * One that offers none counts as `h2` where the source of the certificates does not require ALPN;
 * else `serve` decides what becomes of it.
 */
export class TlsServer {
  readonly server: Server;
  readonly #options: TlsServerOptions;
  readonly #handshakes: Handshakes;
  readonly #trust: ClientTrust;

  constructor(options: TlsServerOptions) {
    const { certificates, onForeignProtocol, onUnexpectedError } = options;
    const { requestsClientCertificate } = certificates;
    this.#options = options;
    this.#handshakes = new Handshakes({
      timeoutMs: handshakeTimeoutMs,
      max: maxHandshakes,
      onRefused: (reason) => certificates.onHandshakeRefused(reason),
    });
    this.#trust = new ClientTrust({
      graceMs: certificates.distrustedGraceMs ?? defaultDistrustedGraceMs,
      onDistrusted: (connections) => certificates.onClientsDistrusted?.(connections),
    });
    this.server = createServer({
      ALPNProtocols: ['h2'],
      requestCert: requestsClientCertificate,
      rejectUnauthorized: requestsClientCertificate,
      noDelay: true,
    });
    this.server.prependListener('connection', (socket: Socket) => this.#handshakes.begin(socket));
    this.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      if (plainTextErrors.has(error.code ?? '')) onForeignProtocol('plain-text');
      else certificates.onHandshakeRefused(error.message);
      // node:tls leaves it open.
      socket.destroy();
    });
    this.server.on('secureConnection', (socket) => {
      try {
        this.#onSecured(socket);
      } catch (error) {
        onUnexpectedError(error, 'connection');
        socket.destroy();
      }
    });
  }

  /** To be awaited before the server accepts connections. Follows renewed certificates. */
  start(): Promise<void> {
    return this.#options.certificates.start((certificate) => this.#use(certificate));
  }

  async stop(): Promise<void> {
    await this.#options.certificates.stop();
  }

  /** Closes the connections whose handshake is not complete. */
  abortHandshakes(): void {
    this.#handshakes.abort();
  }

  #use(certificate: Certificate): void {
    this.server.setSecureContext(secureContextOptions(certificate));
    const { ca } = certificate;
    const isRemoved = this.#trust.replaceAuthorities(ca === undefined ? [] : parseAuthorities(ca));
    // They are verified by the authorities from before.
    if (isRemoved) this.#handshakes.abort();
  }

  #onSecured(socket: TLSSocket): void {
    this.#handshakes.complete(socket);
    // Renegotiation is an error that node:tls reports and nothing else (RFC 9113, section 9.2.1).
    socket.disableRenegotiation();
    socket.on('error', () => socket.destroy());
    const { certificates } = this.#options;
    const certificate = socket.getPeerX509Certificate();
    const problem = this.#problemOf(certificate);
    if (problem !== undefined) {
      certificates.onHandshakeRefused(problem);
      socket.destroySoon();
      return;
    }
    // Node's HTTP/2 server, which grpc-js uses, reads the answer of ALPN by itself.
    if (socket.alpnProtocol === false && certificates.requiresAlpn === false) socket.alpnProtocol = 'h2';
    const connection = this.#options.serve(socket);
    if (connection && certificate) this.#trust.add(socket, certificate, connection);
  }

  /** @returns why the client is not accepted */
  #problemOf(certificate: X509Certificate | undefined): string | undefined {
    const { clientNames } = this.#options.certificates;
    if (clientNames === undefined) return undefined;
    const names = certificate === undefined ? [] : namesOf(certificate);
    if (names.some((name) => clientNames.has(name))) return undefined;
    return `the names in the certificate of the client are not accepted: ${shortened(names)}`;
  }
}

/** An authority signs what it likes, and a log line is short. */
function shortened(names: readonly string[]): string {
  const text = names.length > 0 ? names.map((name) => JSON.stringify(name)).join(', ') : 'it has none';
  return text.length > longestNames ? `${text.slice(0, longestNames)}…` : text;
}
