import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { reasonOfFileError } from '../../boundedFile.ts';
import { BatonError } from '../../errors.ts';
import { parseAuthorities } from '../../grpc/tls/authorities.ts';
import type { Certificate } from '../../grpc/tls/certificateSource.ts';
import type { FileContent, FileContents } from '../../watchedFile.ts';

/** The files of `server.tls`. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients must present a certificate that one of these authorities signed. */
  readonly clientCaFile?: string;
}

/**
 * Validates the files together: between the writes of certificate and key, the two do not belong to
 * each other.
 *
 * @throws BatonError `tls-invalid` that names each file that cannot be used and why
 */
export function parseTlsFiles({ certFile, keyFile, clientCaFile }: FileContents<TlsFiles>): Certificate {
  const problems: string[] = [];
  const parse = <Part>(setting: string, file: FileContent, parseText: (text: string) => Part) => {
    if (file.kind === 'unreadable') {
      problems.push(`server.tls.${setting}: cannot read ${file.path}: ${reasonOfFileError(file.error)}`);
      return undefined;
    }
    try {
      return { text: file.text, part: parseText(file.text) };
    } catch (error) {
      problems.push(`server.tls.${setting}: ${formatReason(file.path, error)}`);
      return undefined;
    }
  };
  const cert = parse('certFile', certFile, (text) => new X509Certificate(text));
  const key = parse('keyFile', keyFile, (text) => createPrivateKey(text));
  const ca = clientCaFile && parse('clientCaFile', clientCaFile, parseAuthorities);
  if (cert !== undefined && key !== undefined && !cert.part.checkPrivateKey(key.part)) {
    problems.push(`server.tls.keyFile: ${keyFile.path} is not the key of ${certFile.path}`);
  }
  if (problems.length === 0 && cert !== undefined && key !== undefined) {
    const certificate = { cert: cert.text, key: key.text, ...(ca && { ca: ca.text }) };
    try {
      // Also checks the rest of the chain and the strength of the key.
      createSecureContext(certificate);
      return certificate;
    } catch (error) {
      problems.push(`server.tls.certFile: ${formatReason(certFile.path, error)}`);
    }
  }
  throw new BatonError('tls-invalid', problems.join('; '));
}

function formatReason(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MISSING_PASSPHRASE') return `${file} is encrypted, which is not supported`;
  return `${file} cannot be used: ${message}`;
}
