import { credentials as grpcCredentials } from '@grpc/grpc-js';
import { readBoundedFileSync, readFirstLineSync, reasonOfFileError } from '../boundedFile.ts';
import { BatonError } from '../errors.ts';

/** The credentials for etcd. Files are read at each connection, so that a renewed one is used. */
export interface CredentialOptions {
  readonly username?: string;
  readonly password?: string;
  /** A file whose first line is the password; overrides `password` while it can be read. */
  readonly passwordFile?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

export type ChannelCredentials = ReturnType<typeof grpcCredentials.createInsecure>;

/** @throws BatonError `config-invalid` when a TLS file cannot be read */
export function readChannelCredentials(
  isSecure: boolean,
  { tls }: Pick<CredentialOptions, 'tls'>,
): ChannelCredentials {
  if (!isSecure) return grpcCredentials.createInsecure();
  return grpcCredentials.createSsl(
    readTlsFile('caFile', tls?.caFile),
    readTlsFile('keyFile', tls?.keyFile),
    readTlsFile('certFile', tls?.certFile),
  );
}

function readTlsFile(setting: string, file: string | undefined): Buffer | undefined {
  try {
    return file === undefined ? undefined : readBoundedFileSync(file);
  } catch (cause) {
    const message = `etcd.tls.${setting}: cannot read ${file}: ${reasonOfFileError(cause)}`;
    throw new BatonError('config-invalid', message, { cause });
  }
}

/** undefined: etcd is used without a user. */
export function readLogin({
  username,
  password,
  passwordFile,
}: CredentialOptions): { readonly name: string; readonly password: string } | undefined {
  if (username === undefined) return undefined;
  const current = passwordFile === undefined ? password : (readFirstLineSync(passwordFile) ?? password);
  return current === undefined ? undefined : { name: username, password: current };
}
