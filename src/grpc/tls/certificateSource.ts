/** A certificate with its key (PEM), named as node:tls names them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The authorities that sign client certificates. */
  readonly ca?: string;
}

export const defaultDistrustedGraceMs = 30_000;

/** Where a server gets its certificate from. The source decides when it is renewed. */
export interface CertificateSource {
  /** Clients must present a certificate that an authority in `ca` signed. */
  readonly requestsClientCertificate: boolean;
  /** A client must offer `h2` by ALPN (RFC 9113, section 3.2), not nothing. Default: true. */
  readonly requiresAlpn?: boolean;
  /** Clients must present a certificate with one of these names (clientNames.ts). Default: any. */
  readonly clientNames?: ReadonlySet<string> | undefined;
  /**
   * How long the open streams of a client may go on when the authority of its certificate is no
   * longer in `ca`. Default: 30 s.
   */
  readonly distrustedGraceMs?: number;
  /** Delivers the certificate before it resolves, then each renewed one until `stop`. */
  start(onCertificate: (certificate: Certificate) => void): Promise<void>;
  stop(): Promise<void>;
  /** A client failed the TLS handshake, or is not accepted after it. */
  onHandshakeRefused(reason: string): void;
  /** The authority of the clients of so many connections is gone; they are asked to leave. */
  onClientsDistrusted?(connections: number): void;
}
