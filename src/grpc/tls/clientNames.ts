import type { X509Certificate } from 'node:crypto';

/**
 * An entry of `X509Certificate.subjectAltName`. A value with special characters is written as JSON,
 * so that it cannot look like the entry behind it.
 */
const altName = /(?:^|, )([^:,"]+):((?:[^,"]|"(?:[^"\\]|\\.)*")*)/gy;
const kinds: ReadonlySet<string | undefined> = new Set(['DNS', 'URI', 'IP Address', 'email']);

/**
 * The names in a certificate, as they stand there: DNS names, URIs such as a SPIFFE id, IP
 * addresses and mail addresses of the subject alternative name; the common names of the subject
 * only where there is none of these (RFC 6125, section 6.4.4).
 */
export function namesOf(certificate: X509Certificate): readonly string[] {
  const names: string[] = [];
  for (const [, kind, value = ''] of (certificate.subjectAltName ?? '').matchAll(altName)) {
    if (!kinds.has(kind)) continue;
    names.push(value.startsWith('"') ? (JSON.parse(value) as string) : value);
  }
  return names.length > 0 ? names : subjectNamesOf(certificate);
}

function subjectNamesOf(certificate: X509Certificate): readonly string[] {
  const { CN: names = [] }: { CN?: string | string[] } = certificate.toLegacyObject().subject ?? {};
  return typeof names === 'string' ? [names] : names;
}
