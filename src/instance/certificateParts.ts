import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import { CertificateFiles } from '../extproc/tls/certificateFiles.ts';
import { SelfSignedCertificates } from '../extproc/tls/selfSignedCertificates.ts';
import type { CertificateSource } from '../grpc/tls/certificateSource.ts';
import type { Log } from '../telemetry/log.ts';

/** The certificates of the gRPC port (`server.tls`). undefined: it speaks plain text. */
export function createCertificates({ server, drain }: Config, log: Log): CertificateSource | undefined {
  const { alpn, certFile, clientCaFile, clientNames, keyFile, selfSigned } = server.tls;
  const requiresAlpn = alpn === 'required';
  if (selfSigned)
    return new SelfSignedCertificates({ requiresAlpn, clock: systemClock, unixMs: Date.now, log });
  if (certFile === undefined || keyFile === undefined) return undefined;
  const files = { certFile, keyFile, ...(clientCaFile && { clientCaFile }) };
  return new CertificateFiles(files, { clientNames, requiresAlpn, graceMs: drain.graceMs, log });
}
