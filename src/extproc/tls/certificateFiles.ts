import { X509Certificate } from 'node:crypto';
import type { Certificate, CertificateSource } from '../../grpc/tls/certificateSource.ts';
import type { Log } from '../../telemetry/log.ts';
import { readTlsFiles, type TlsFiles } from './readTlsFiles.ts';
import { refusedHandshakeLog } from './refusedHandshakeLog.ts';

export interface CertificateFilesOptions {
  /** How often the files are read again (5000). */
  readonly pollMs?: number;
  readonly log: Log;
}

/**
 * The certificate in the files of `server.tls`. They are polled while the server runs, since
 * certificates are renewed in place; inotify misses the symlink swap of a Kubernetes secret. Files
 * that cannot be used keep the last good certificate, and each new reason is logged once.
 */
export class CertificateFiles implements CertificateSource {
  readonly onHandshakeRefused: (reason: string) => void;
  readonly #files: TlsFiles;
  readonly #options: CertificateFilesOptions;
  #onCertificate: (certificate: Certificate) => void = () => {};
  #current: Certificate | undefined;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(files: TlsFiles, options: CertificateFilesOptions) {
    this.#files = files;
    this.#options = options;
    this.onHandshakeRefused = refusedHandshakeLog(options.log);
  }

  get requestsClientCertificate(): boolean {
    return this.#files.clientCaFile !== undefined;
  }

  /** @throws BatonError `tls-invalid` when the files cannot be used */
  async start(onCertificate: (certificate: Certificate) => void): Promise<void> {
    this.#onCertificate = onCertificate;
    this.#use(await readTlsFiles(this.#files));
    this.#schedulePoll();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#polling;
  }

  #schedulePoll(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll();
    }, this.#options.pollMs ?? 5_000);
  }

  async #poll(): Promise<void> {
    try {
      const certificate = await readTlsFiles(this.#files);
      if (!this.#isStopped && (this.#problem !== undefined || !isSame(certificate, this.#current))) {
        this.#use(certificate);
      }
    } catch (error) {
      this.#keepLastGood((error as Error).message);
    }
    this.#schedulePoll();
  }

  #use(certificate: Certificate): void {
    this.#onCertificate(certificate);
    this.#current = certificate;
    this.#problem = undefined;
    const { subject, validTo } = new X509Certificate(certificate.cert);
    const { requestsClientCertificate } = this;
    this.#options.log.info(
      { event: 'tls.certificate-loaded', subject, validTo, requestsClientCertificate },
      'TLS certificate loaded',
    );
  }

  #keepLastGood(reason: string): void {
    if (reason === this.#problem || this.#isStopped) return;
    this.#problem = reason;
    this.#options.log.warn(
      { event: 'tls.certificate-invalid', reason },
      'TLS certificate files are invalid; the last valid certificate stays in use',
    );
  }
}

function isSame(one: Certificate, other: Certificate | undefined): boolean {
  return one.cert === other?.cert && one.key === other.key && one.ca === other.ca;
}
