import type { Clock } from '../../clock.ts';
import type { Certificate, CertificateSource } from '../../grpc/tls/certificateSource.ts';
import type { Log } from '../../telemetry/log.ts';
import { makeCertificate } from './makeCertificate.ts';
import { refusedHandshakeLog } from './refusedHandshakeLog.ts';

export interface SelfSignedCertificatesOptions {
  readonly requiresAlpn: boolean;
  readonly clock: Clock;
  /** The time of day. */
  readonly unixMs: () => number;
  readonly log: Log;
}

const hourMs = 3_600_000;
const lifetimeMs = 90 * 24 * hourMs;
/** A third of its life is left then. */
const renewedAfterMs = 60 * 24 * hourMs;
/** Clocks of clients may be behind. */
const backdatedMs = hourMs;
const name = 'baton';

/**
 * A certificate that the instance makes for itself in memory, and renews (`server.tls.selfSigned`).
 * It encrypts; who verifies certificates does not accept it.
 */
export class SelfSignedCertificates implements CertificateSource {
  readonly requestsClientCertificate = false;
  readonly requiresAlpn: boolean;
  readonly onHandshakeRefused: (reason: string) => void;
  readonly #options: SelfSignedCertificatesOptions;
  #onCertificate: (certificate: Certificate) => void = () => {};
  #madeAtMs = 0;
  #cancelCheck: () => void = () => {};
  #renewal: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: SelfSignedCertificatesOptions) {
    this.#options = options;
    this.requiresAlpn = options.requiresAlpn;
    this.onHandshakeRefused = refusedHandshakeLog(options.log);
  }

  async start(onCertificate: (certificate: Certificate) => void): Promise<void> {
    this.#onCertificate = onCertificate;
    await this.#renew();
    this.#scheduleCheck();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelCheck();
    await this.#renewal;
  }

  /** By the time of day, which goes on while the machine sleeps. */
  #scheduleCheck(): void {
    this.#cancelCheck = this.#options.clock.after(hourMs, () => {
      this.#scheduleCheck();
      if (this.#options.unixMs() - this.#madeAtMs < renewedAfterMs) return;
      this.#renewal = this.#renew().catch((cause: unknown) => {
        this.#options.log.warn(
          { event: 'tls.certificate-not-renewed', cause },
          'the self-signed certificate could not be renewed; it is tried again in an hour',
        );
      });
    });
  }

  async #renew(): Promise<void> {
    const { log, unixMs } = this.#options;
    const nowMs = unixMs();
    const validity = {
      notBefore: new Date(nowMs - backdatedMs),
      notAfter: new Date(nowMs + lifetimeMs),
    };
    const certificate = await makeCertificate(name, validity);
    if (this.#isStopped) return;
    this.#madeAtMs = nowMs;
    this.#onCertificate(certificate);
    log.info(
      { event: 'tls.certificate-made', validTo: validity.notAfter.toISOString() },
      'self-signed TLS certificate made: clients cannot verify it',
    );
  }
}
