import { readFileSync } from 'node:fs';
import { credentials as grpcCredentials } from '@grpc/grpc-js';

/** The credentials for etcd. Files are read at each connection, so that a renewed one is used. */
export interface CredentialOptions {
  readonly username?: string;
  readonly password?: string;
  /** A file whose first line is the password; overrides `password` while it can be read. */
  readonly passwordFile?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

export type ChannelCredentials = ReturnType<typeof grpcCredentials.createInsecure>;

/** @throws Error when a TLS file cannot be read */
export function readChannelCredentials(
  isSecure: boolean,
  { tls }: Pick<CredentialOptions, 'tls'>,
): ChannelCredentials {
  if (!isSecure) return grpcCredentials.createInsecure();
  return grpcCredentials.createSsl(
    tls?.caFile === undefined ? undefined : readFileSync(tls.caFile),
    tls?.keyFile === undefined ? undefined : readFileSync(tls.keyFile),
    tls?.certFile === undefined ? undefined : readFileSync(tls.certFile),
  );
}

/** undefined: etcd is used without a user. */
export function readLogin({
  username,
  password,
  passwordFile,
}: CredentialOptions): { readonly name: string; readonly password: string } | undefined {
  if (username === undefined) return undefined;
  const current = passwordFile === undefined ? password : (readFirstLine(passwordFile) ?? password);
  return current === undefined ? undefined : { name: username, password: current };
}

/** undefined while the file is being replaced. */
function readFirstLine(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] || undefined;
  } catch {
    return undefined;
  }
}
