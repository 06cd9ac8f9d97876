import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { Certificate } from './certificateSource.ts';

/**
 * Of TLS 1.2 only suites with forward secrecy and an AEAD cipher: all others are prohibited for
 * HTTP/2 (RFC 9113, section 9.2.2 and appendix A). Those of TLS 1.3 are of this kind.
 */
const cipherSuites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/**
 * How the server uses a certificate.
 *
 * There are no session tickets, and node:tls keeps no sessions, so every connection is a full
 * handshake. A resumed session would not be verified again: neither whether the certificate of the
 * client has expired nor whether its authority is still one. Proxies connect rarely.
 */
export function secureContextOptions(certificate: Certificate): SecureContextOptions {
  return {
    ...certificate,
    ciphers: cipherSuites,
    honorCipherOrder: true,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
