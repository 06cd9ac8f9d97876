import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { BatonError } from '../../errors.ts';
import type { Certificate } from '../../grpc/tls/certificateSource.ts';

/** The files of `server.tls`. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients must present a certificate that one of these authorities signed. */
  readonly clientCaFile?: string;
}

/**
 * Reads the files and validates them together: between the writes of certificate and key, the two
 * do not belong to each other.
 *
 * @throws BatonError `tls-invalid` that names each file that cannot be used and why
 */
export async function readTlsFiles({ certFile, keyFile, clientCaFile }: TlsFiles): Promise<Certificate> {
  const problems: string[] = [];
  const read = async <Part>(setting: string, file: string, parse: (text: string) => Part) => {
    try {
      const text = await readFile(file, 'utf8');
      return { text, part: parse(text) };
    } catch (error) {
      problems.push(`server.tls.${setting}: ${formatReason(file, error)}`);
      return undefined;
    }
  };
  const cert = await read('certFile', certFile, (text) => new X509Certificate(text));
  const key = await read('keyFile', keyFile, (text) => createPrivateKey(text));
  const ca =
    clientCaFile === undefined ? undefined : await read('clientCaFile', clientCaFile, parseAuthorities);
  if (cert !== undefined && key !== undefined)
    problems.push(...keyProblems(cert.part, key.part, certFile, keyFile));
  if (problems.length === 0 && cert !== undefined && key !== undefined) {
    const certificate = { cert: cert.text, key: key.text, ...(ca !== undefined && { ca: ca.text }) };
    try {
      // Also checks the rest of the chain and the strength of the key.
      createSecureContext(certificate);
      return certificate;
    } catch (error) {
      problems.push(`server.tls.certFile: ${formatReason(certFile, error)}`);
    }
  }
  throw new BatonError('tls-invalid', problems.join('; '));
}

/** node:tls skips authorities that it cannot read, and would then refuse every client. */
function parseAuthorities(text: string): readonly X509Certificate[] {
  const blocks = text.split(/(?=-----BEGIN )/).filter((block) => block.startsWith('-----BEGIN '));
  return (blocks.length > 0 ? blocks : [text]).map((block) => new X509Certificate(block));
}

function keyProblems(cert: X509Certificate, key: KeyObject, certFile: string, keyFile: string): string[] {
  return cert.checkPrivateKey(key) ? [] : [`server.tls.keyFile: ${keyFile} is not the key of ${certFile}`];
}

function formatReason(file: string, error: unknown): string {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return `cannot read ${file}: ${code}`;
  if (code === 'ERR_MISSING_PASSPHRASE') return `${file} is encrypted, which is not supported`;
  return `${file} cannot be used: ${message}`;
}
