/** What a client speaks that does not speak HTTP/2 with the security of the port. */
export type ForeignProtocol = 'tls' | 'http/1' | 'proxy-protocol' | 'plain-text' | 'unknown';

/** Receives it once for each such connection, which is closed. Must not throw. */
export type OnForeignProtocol = (protocol: ForeignProtocol) => void;

/** The first byte of a TLS record with a handshake (RFC 8446, section 5.1). */
const tlsHandshake = 0x16;
const requestLine = /^[A-Z]{3,8} /;
/** Versions 1 and 2 of the PROXY protocol, which load balancers put in front of a connection. */
const proxyHeader = /^(PROXY |\r\n\r\n\0\r\nQ)/;

/** @param start the first bytes of a connection that are not the preface of HTTP/2 */
export function recogniseProtocol(start: Buffer): ForeignProtocol {
  if (start[0] === tlsHandshake) return 'tls';
  const text = start.toString('latin1', 0, 9);
  if (proxyHeader.test(text)) return 'proxy-protocol';
  return requestLine.test(text) ? 'http/1' : 'unknown';
}
