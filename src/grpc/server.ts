import type { HealthStatus } from '../extproc/healthStatus.ts';
import type { StreamHandler } from './serverStream.ts';
import type { CertificateFiles } from './tls/certificateFiles.ts';

export interface GrpcServerOptions {
  readonly acceptStream: StreamHandler;
  readonly health: HealthStatus;
  readonly maxMessageBytes: number;
  /** undefined: plain text. Started and stopped with the port. */
  readonly certificateFiles?: CertificateFiles | undefined;
}

/** What speaks gRPC on the ext_proc port: the ExternalProcessor and Health services. */
export interface GrpcServer {
  /**
   * @param address `host:port`; port 0 takes a free one
   * @returns the address that is bound
   * @throws ListenError when it cannot be bound, TlsFilesError when there is no certificate for it
   */
  listen(address: string): Promise<string>;
  /** Takes no more, tells connected clients to leave, waits `timeoutMs` for them, then cuts what is left. */
  close(timeoutMs: number): Promise<void>;
}

/** The address cannot be listened on; the message says which and why. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
