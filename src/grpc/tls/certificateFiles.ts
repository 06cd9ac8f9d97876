import { X509Certificate } from 'node:crypto';
import type { Log } from '../../telemetry/log.ts';
import { type Certificate, readCertificate, type TlsFiles } from './certificate.ts';

export interface CertificateFilesOptions {
  /** How often the files are read again (5000). */
  readonly pollMs?: number;
  readonly log: Log;
}

/**
 * The certificate of the port, read again from its files while the port is open, since certificates are renewed
 * in place. On an interval and not through inotify, which misses the symlink swap of a Kubernetes secret. Files
 * that cannot be used keep the last good certificate, and the log says why, once for each reason.
 */
export class CertificateFiles {
  readonly #files: TlsFiles;
  readonly #options: CertificateFilesOptions;
  #use: (certificate: Certificate) => void = () => {};
  #inUse: Certificate | undefined;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(files: TlsFiles, options: CertificateFilesOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** Clients have to have a certificate as well. */
  get areClientsAsked(): boolean {
    return this.#files.clientCaFile !== undefined;
  }

  get log(): Log {
    return this.#options.log;
  }

  /** Who serves with it: is told the first certificate while this starts, and each later one. */
  onCertificate(use: (certificate: Certificate) => void): void {
    this.#use = use;
  }

  /** @throws TlsFilesError when there is no certificate to begin with */
  async start(): Promise<void> {
    this.#take(await readCertificate(this.#files));
    this.#lookLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look();
    }, this.#options.pollMs ?? 5_000);
  }

  async #look(): Promise<void> {
    try {
      const certificate = await readCertificate(this.#files);
      if (!this.#isStopped && (this.#problem !== undefined || !isSame(certificate, this.#inUse))) {
        this.#take(certificate);
      }
    } catch (error) {
      this.#keepLastGood((error as Error).message);
    }
    this.#lookLater();
  }

  #take(certificate: Certificate): void {
    this.#use(certificate);
    this.#inUse = certificate;
    this.#problem = undefined;
    const { subject, validTo } = new X509Certificate(certificate.cert);
    this.log.info({ subject, validTo, areClientsAsked: this.areClientsAsked }, 'certificate in use');
  }

  #keepLastGood(reason: string): void {
    if (reason === this.#problem || this.#isStopped) return;
    this.#problem = reason;
    this.log.warn({ reason }, 'the certificate files cannot be used; the last good certificate is kept');
  }
}

function isSame(one: Certificate, other: Certificate | undefined): boolean {
  return one.cert === other?.cert && one.key === other.key && one.ca === other.ca;
}
