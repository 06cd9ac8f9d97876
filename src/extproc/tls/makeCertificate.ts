import { generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { Certificate } from '../../grpc/tls/certificateSource.ts';
import { der } from './der.ts';

/** Object identifiers (RFC 5280, RFC 5758). */
const ids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

const version3 = der.explicit(0, der.integer(Buffer.of(2)));
const algorithm = der.sequence(der.objectIdentifier(ids.ecdsaWithSha256));
/** The first bit: digitalSignature. */
const digitalSignature = der.bitString(Buffer.of(0x80), 7);
/** The number of a GeneralName that is a DNS name. */
const dnsName = 2;

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * A key (P-256) and the certificate that it signs for itself: a version 3 certificate for a server,
 * by which it can be trusted if at all, since no authority vouches for it.
 *
 * node:crypto makes keys and signatures, but no certificates.
 *
 * @param name a DNS name
 */
export async function makeCertificate(name: string, validity: Validity): Promise<Certificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const content = contentOf(name, validity, publicKey);
  const signature = sign('sha256', content, { key: privateKey, dsaEncoding: 'der' });
  const certificate = der.sequence(content, algorithm, der.bitString(signature));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** What is signed (TBSCertificate). */
function contentOf(name: string, { notBefore, notAfter }: Validity, publicKey: KeyObject): Buffer {
  const distinguishedName = der.sequence(
    der.set(der.sequence(der.objectIdentifier(ids.commonName), der.utf8String(name))),
  );
  return der.sequence(
    version3,
    der.integer(serialNumber()),
    algorithm,
    distinguishedName,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    distinguishedName,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(
      3,
      der.sequence(
        extension(ids.basicConstraints, der.sequence(), 'critical'),
        extension(ids.keyUsage, digitalSignature, 'critical'),
        extension(ids.extKeyUsage, der.sequence(der.objectIdentifier(ids.serverAuth))),
        extension(ids.subjectAltName, der.sequence(der.implicit(dnsName, Buffer.from(name)))),
      ),
    ),
  );
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  const flag = critical === undefined ? [] : [der.true];
  return der.sequence(der.objectIdentifier(id), ...flag, der.octetString(value));
}

/** 127 random bits. The first byte is not 0, which DER would not allow. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
