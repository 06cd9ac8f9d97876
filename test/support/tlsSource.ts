import type { Certificate, CertificateSource } from '../../src/grpc/tls/certificateSource.ts';
import { tlsBytes } from './tlsFixtures.ts';

/** The certificate of a fixture, with the authorities of further ones. */
export function certificateOf(name: string, authorities: readonly string[] = []): Certificate {
  const texts = authorities.map((authority) => tlsBytes(`${authority}.pem`).toString());
  return {
    cert: tlsBytes(`${name}.pem`).toString(),
    key: tlsBytes(`${name}.key`).toString(),
    ...(texts.length > 0 && { ca: texts.join('') }),
  };
}

/** Delivers certificates of the fixtures, and remembers what a server reports. */
export class TlsSource implements CertificateSource {
  readonly requestsClientCertificate: boolean;
  readonly clientNames: ReadonlySet<string> | undefined;
  readonly distrustedGraceMs: number;
  readonly refused: string[] = [];
  readonly distrusted: number[] = [];
  readonly #first: Certificate;
  #onCertificate: (certificate: Certificate) => void = () => {};

  constructor(
    first: Certificate,
    { clientNames, graceMs = 60_000 }: { clientNames?: readonly string[]; graceMs?: number } = {},
  ) {
    this.requestsClientCertificate = first.ca !== undefined;
    this.clientNames = clientNames && new Set(clientNames);
    this.distrustedGraceMs = graceMs;
    this.#first = first;
  }

  async start(onCertificate: (certificate: Certificate) => void): Promise<void> {
    this.#onCertificate = onCertificate;
    onCertificate(this.#first);
  }

  async stop(): Promise<void> {}

  renew(certificate: Certificate): void {
    this.#onCertificate(certificate);
  }

  onHandshakeRefused(reason: string): void {
    this.refused.push(reason);
  }

  onClientsDistrusted(connections: number): void {
    this.distrusted.push(connections);
  }
}
