import { ServerCredentials } from '@grpc/grpc-js';
import type { Certificate } from './certificateSource.ts';

/**
 * TLS credentials of grpc-js whose certificate can be replaced: new connections get the new one.
 */
export class RenewedCredentials extends ServerCredentials {
  constructor(requestsClientCertificate: boolean) {
    super({ requestCert: requestsClientCertificate, rejectUnauthorized: requestsClientCertificate });
  }

  setCertificate(certificate: Certificate): void {
    this.updateSecureContextOptions({ ...certificate });
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
