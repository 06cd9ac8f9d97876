import { X509Certificate } from 'node:crypto';

/**
 * The certificates in a PEM file. node:tls skips those that it cannot read, and would then refuse
 * every client.
 *
 * @throws Error when one of them cannot be read, or there is none
 */
export function parseAuthorities(pem: string): readonly X509Certificate[] {
  const blocks = pem.split(/(?=-----BEGIN )/).filter((block) => block.startsWith('-----BEGIN '));
  return (blocks.length > 0 ? blocks : [pem]).map((block) => new X509Certificate(block));
}

/** Some authority of `before` is not in `after`. */
export function isAnyRemoved(before: readonly X509Certificate[], after: readonly X509Certificate[]): boolean {
  const remaining = new Set(after.map(({ fingerprint256 }) => fingerprint256));
  return before.some(({ fingerprint256 }) => !remaining.has(fingerprint256));
}

/**
 * A root among the authorities has issued the certificate itself. False is no verdict: node:tls
 * does not tell a server which intermediate certificates a client sent, so what they issued is not
 * known.
 */
export function isIssuedByRoot(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): boolean {
  return authorities.some(
    (authority) =>
      authority.checkIssued(authority) &&
      certificate.checkIssued(authority) &&
      certificate.verify(authority.publicKey),
  );
}
