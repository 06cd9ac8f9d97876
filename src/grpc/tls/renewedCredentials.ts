import { ServerCredentials } from '@grpc/grpc-js';
import type { CertificateFiles } from './certificateFiles.ts';

/** grpc-js's TLS with a certificate that can be replaced while the server runs: new connections get the new one. */
export class RenewedCredentials extends ServerCredentials {
  constructor(files: CertificateFiles) {
    super({ requestCert: files.areClientsAsked, rejectUnauthorized: files.areClientsAsked });
    files.onCertificate((certificate) => this.updateSecureContextOptions({ ...certificate }));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
