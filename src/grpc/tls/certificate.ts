import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** The files of `server.tls`. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients have to show a certificate of one of these authorities. */
  readonly clientCaFile?: string;
}

/** What was in them (PEM), named as node:tls names it. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** The files cannot be used; the message names each that is at fault and says why. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

/**
 * Reads the files and judges them as a whole: a certificate without its own key, as between the writing of the
 * two, is as useless as half of one.
 *
 * @throws TlsFilesError
 */
export async function readCertificate({ certFile, keyFile, clientCaFile }: TlsFiles): Promise<Certificate> {
  const problems: string[] = [];
  const read = async <Part>(setting: string, file: string, parse: (text: string) => Part) => {
    try {
      const text = await readFile(file, 'utf8');
      return { text, part: parse(text) };
    } catch (error) {
      problems.push(`server.tls.${setting}: ${explain(file, error)}`);
      return undefined;
    }
  };
  const cert = await read('certFile', certFile, (text) => new X509Certificate(text));
  const key = await read('keyFile', keyFile, (text) => createPrivateKey(text));
  const ca = clientCaFile === undefined ? undefined : await read('clientCaFile', clientCaFile, asAuthorities);
  if (cert !== undefined && key !== undefined)
    problems.push(...mismatch(cert.part, key.part, certFile, keyFile));
  if (problems.length === 0 && cert !== undefined && key !== undefined) {
    const whole = { cert: cert.text, key: key.text, ...(ca !== undefined && { ca: ca.text }) };
    try {
      // Looks at the rest of the chain too, and whether the key is strong enough.
      createSecureContext(whole);
      return whole;
    } catch (error) {
      problems.push(`server.tls.certFile: ${explain(certFile, error)}`);
    }
  }
  throw new TlsFilesError(problems.join('; '));
}

/** node:tls passes over what it cannot read in a list of authorities, and would then let nobody in. */
function asAuthorities(text: string): readonly X509Certificate[] {
  const blocks = text.split(/(?=-----BEGIN )/).filter((block) => block.startsWith('-----BEGIN '));
  return (blocks.length > 0 ? blocks : [text]).map((block) => new X509Certificate(block));
}

function mismatch(cert: X509Certificate, key: KeyObject, certFile: string, keyFile: string): string[] {
  return cert.checkPrivateKey(key) ? [] : [`server.tls.keyFile: ${keyFile} is not the key of ${certFile}`];
}

function explain(file: string, error: unknown): string {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return `cannot read ${file}: ${code}`;
  if (code === 'ERR_MISSING_PASSPHRASE') return `${file} is encrypted, which is not supported`;
  return `${file} cannot be used: ${message}`;
}
