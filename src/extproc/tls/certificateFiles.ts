import { X509Certificate } from 'node:crypto';
import type { Certificate, CertificateSource } from '../../grpc/tls/certificateSource.ts';
import type { Log } from '../../telemetry/log.ts';
import { WatchedFile } from '../../watchedFile.ts';
import { parseTlsFiles, type TlsFiles } from './parseTlsFiles.ts';
import { refusedHandshakeLog } from './refusedHandshakeLog.ts';

export interface CertificateFilesOptions {
  /** How often the files are polled (5000). */
  readonly pollMs?: number;
  readonly log: Log;
}

/**
 * The certificate in the files of `server.tls`, which are watched while the server runs, since
 * certificates are renewed in place. Invalid files keep the last valid certificate in use.
 */
export class CertificateFiles implements CertificateSource {
  readonly requestsClientCertificate: boolean;
  readonly onHandshakeRefused: (reason: string) => void;
  readonly #log: Log;
  readonly #files: WatchedFile<TlsFiles, Certificate>;
  #onCertificate: (certificate: Certificate) => void = () => {};

  constructor(files: TlsFiles, { pollMs = 5_000, log }: CertificateFilesOptions) {
    this.requestsClientCertificate = files.clientCaFile !== undefined;
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
