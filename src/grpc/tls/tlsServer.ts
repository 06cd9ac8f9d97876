import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { CertificateSource } from './certificateSource.ts';

const handshakeTimeoutMs = 10_000;

/**
 * Accepts TLS connections that agreed on `h2` by ALPN (RFC 9113, section 3.2). node:tls rejects a
 * client that offers only other protocols; a client that offers none is closed here.
 * `setSecureContext` must have been called before the server listens.
 *
 * @param onSocket receives each socket whose handshake is complete
 */
export function createTlsServer(
  certificates: CertificateSource,
  onSocket: (socket: TLSSocket) => void,
): Server {
  const { requestsClientCertificate } = certificates;
  const server = createServer({
    ALPNProtocols: ['h2'],
    requestCert: requestsClientCertificate,
    rejectUnauthorized: requestsClientCertificate,
    handshakeTimeout: handshakeTimeoutMs,
    noDelay: true,
  });
  server.on('tlsClientError', ({ message }) => certificates.onHandshakeRefused(message));
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') return onSocket(socket);
    certificates.onHandshakeRefused('the client does not offer h2 by ALPN');
    socket.on('error', () => {});
    socket.destroySoon();
  });
  return server;
}
