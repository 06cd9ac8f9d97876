import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { OnForeignProtocol } from '../foreignProtocol.ts';
import type { CertificateSource } from './certificateSource.ts';

const handshakeTimeoutMs = 10_000;

/** What OpenSSL reports of bytes that are no TLS record, such as the preface of HTTP/2. */
const plainTextErrors = new Set([
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);

/**
 * Accepts TLS connections that agreed on `h2` by ALPN (RFC 9113, section 3.2). node:tls rejects a
 * client that offers only other protocols; a client that offers none is closed here.
 * `setSecureContext` must have been called before the server listens.
 *
 * @param onSocket receives each socket whose handshake is complete
 * @param onForeignProtocol the client speaks plain text
 */
export function createTlsServer(
  certificates: CertificateSource,
  onSocket: (socket: TLSSocket) => void,
  onForeignProtocol: OnForeignProtocol,
): Server {
  const { requestsClientCertificate } = certificates;
  const server = createServer({
    ALPNProtocols: ['h2'],
    requestCert: requestsClientCertificate,
    rejectUnauthorized: requestsClientCertificate,
    handshakeTimeout: handshakeTimeoutMs,
    noDelay: true,
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    if (plainTextErrors.has(error.code ?? '')) onForeignProtocol('plain-text');
    else certificates.onHandshakeRefused(error.message);
  });
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') return onSocket(socket);
    certificates.onHandshakeRefused('the client does not offer h2 by ALPN');
    socket.on('error', () => {});
    socket.destroySoon();
  });
  return server;
}
