/** A certificate with its key (PEM), named as node:tls names them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The authorities that sign client certificates. */
  readonly ca?: string;
}

/** Where a server gets its certificate from. The source decides when it is renewed. */
export interface CertificateSource {
  /** Clients must present a certificate that an authority in `ca` signed. */
  readonly requestsClientCertificate: boolean;
  /** Delivers the certificate before it resolves, then each renewed one until `stop`. */
  start(onCertificate: (certificate: Certificate) => void): Promise<void>;
  stop(): Promise<void>;
  /** A client failed the TLS handshake. Only the builtin server reports this. */
  onHandshakeRefused(reason: string): void;
}
