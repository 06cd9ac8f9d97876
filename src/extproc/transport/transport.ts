import type { AcceptStream } from '../edgeStream.ts';
import type { Health } from '../health.ts';
import type { CertificateFiles } from './tls/certificateFiles.ts';

export interface TransportOptions {
  readonly acceptStream: AcceptStream;
  readonly health: Health;
  readonly maxMessageBytes: number;
  /** undefined: plain text. Started and stopped with the port. */
  readonly certificateFiles?: CertificateFiles | undefined;
}

/** What speaks gRPC on the ext_proc port: the ExternalProcessor and Health services. */
export interface Transport {
  /**
   * @param address `host:port`; port 0 takes a free one
   * @returns the address that is bound
   * @throws ListenError when it cannot be bound, TlsFilesError when there is no certificate for it
   */
  listen(address: string): Promise<string>;
  /** Takes no more, tells connected clients to leave, waits `patienceMs` for them, then cuts what is left. */
  close(patienceMs: number): Promise<void>;
}

/** The address cannot be listened on; the message says which and why. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
