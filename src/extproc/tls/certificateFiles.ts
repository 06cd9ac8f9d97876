import { X509Certificate } from 'node:crypto';
import {
  type Certificate,
  type CertificateSource,
  defaultDistrustedGraceMs,
} from '../../grpc/tls/certificateSource.ts';
import type { Log } from '../../telemetry/log.ts';
import { WatchedFile } from '../../watchedFile.ts';
import { parseTlsFiles, type TlsFiles } from './parseTlsFiles.ts';
import { refusedHandshakeLog } from './refusedHandshakeLog.ts';

export interface CertificateFilesOptions {
  /** How often the files are polled (5000). */
  readonly pollMs?: number;
  /** Names of which a client's certificate must have one. Default: any name. */
  readonly clientNames?: readonly string[] | undefined;
  /** Default: clients must offer `h2` by ALPN. */
  readonly requiresAlpn?: boolean;
  /**
   * How long the open streams of a client may go on whose authority is removed from the file.
   * Default: 30 s.
   */
  readonly graceMs?: number;
  readonly log: Log;
}

/**
 * The certificate in the files of `server.tls`, which are watched while the server runs, since
 * certificates are renewed in place. Invalid files keep the last valid certificate in use.
 */
export class CertificateFiles implements CertificateSource {
  readonly requestsClientCertificate: boolean;
  readonly requiresAlpn: boolean;
  readonly clientNames: ReadonlySet<string> | undefined;
  readonly distrustedGraceMs: number;
  readonly onHandshakeRefused: (reason: string) => void;
  readonly #log: Log;
  readonly #files: WatchedFile<TlsFiles, Certificate>;
  #onCertificate: (certificate: Certificate) => void = () => {};

  constructor(files: TlsFiles, options: CertificateFilesOptions) {
    const { pollMs = 5_000, clientNames, graceMs = defaultDistrustedGraceMs, log } = options;
    this.requiresAlpn = options.requiresAlpn ?? true;
    this.requestsClientCertificate = files.clientCaFile !== undefined;
    this.clientNames = clientNames && new Set(clientNames);
    this.distrustedGraceMs = graceMs;
    this.onHandshakeRefused = refusedHandshakeLog(log);
    this.#log = log;
    this.#files = new WatchedFile({
      files,
      parse: parseTlsFiles,
      onContent: (certificate) => this.#use(certificate),
      onProblem: (cause) => {
        log.warn(
          { event: 'tls.certificate-invalid', cause },
          'TLS certificate files are invalid; the last valid certificate stays in use',
        );
      },
      pollMs,
    });
  }

  /** @throws BatonError `tls-invalid` when the files cannot be used */
  async start(onCertificate: (certificate: Certificate) => void): Promise<void> {
    this.#onCertificate = onCertificate;
    await this.#files.start();
  }

  stop(): Promise<void> {
    return this.#files.stop();
  }

  onClientsDistrusted(connections: number): void {
    const { distrustedGraceMs: graceMs } = this;
    this.#log.warn(
      { event: 'tls.authority-removed', connections, graceMs },
      'connections whose authority was removed are asked to leave, then closed',
    );
  }

  #use(certificate: Certificate): void {
    this.#onCertificate(certificate);
    const { subject, validTo } = new X509Certificate(certificate.cert);
    const { requestsClientCertificate } = this;
    this.#log.info(
      { event: 'tls.certificate-loaded', subject, validTo, requestsClientCertificate },
      'TLS certificate loaded',
    );
  }
}
