import type { Socket } from 'node:net';
import type { OnUnexpectedError } from './containErrors.ts';
import type { OnForeignProtocol } from './foreignProtocol.ts';
import type { KeepaliveOptions } from './http2/keepalive.ts';
import type { Http2Limits, OnReachedLimit, TotalLimits } from './http2/limits.ts';
import type { StreamHandler } from './serverStream.ts';
import type { CertificateSource } from './tls/certificateSource.ts';

export interface GrpcServerOptions {
  /** The handlers of calls by path (`/package.Service/Method`). Other paths are UNIMPLEMENTED. */
  readonly handlers: ReadonlyMap<string, StreamHandler>;
  /** After decompression. */
  readonly maxMessageBytes: number;
  /** What one connection may do. The grpc-js server knows only `streams`. */
  readonly limits: Http2Limits;
  /**
   * What all connections may use together. The grpc-js server bounds `bufferBytes` for each
   * connection, and counts less: its queued output and its streams.
   */
  readonly totalLimits: TotalLimits;
  readonly onReachedLimit?: OnReachedLimit;
  /**
   * Whether messages may be compressed with gzip or deflate; else such calls are UNIMPLEMENTED. The
   * grpc-js server always accepts them. Default: false.
   */
  readonly acceptsCompressed?: boolean;
  /**
   * undefined: plain text. The server starts it when it listens and stops it when it has closed.
   */
  readonly certificates?: CertificateSource | undefined;
  /** Called when the server begins to close: ends the calls that clients never end (watches). */
  readonly onClosing?: () => void;
  /**
   * Receives what a handler throws, which fails its call with INTERNAL, and what the code of a
   * connection throws, which closes it. Default: a warning of the process.
   */
  readonly onUnexpectedError?: OnUnexpectedError;
  /**
   * A client speaks another protocol than the port. grpc-js reports only plain text where it
   * expects TLS.
   */
  readonly onForeignProtocol?: OnForeignProtocol;
  /**
   * A peer that vanished without closing is detected within about the sum of the two times.
   * Default: 20 s and 10 s.
   */
  readonly keepalive?: KeepaliveOptions;
}

export const defaultKeepalive: KeepaliveOptions = { keepaliveTimeMs: 20_000, keepaliveTimeoutMs: 10_000 };

export interface ListenAddress {
  /** An IP address (IPv6 without brackets) or a name. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** What a server holds now; null where it does not know. */
export interface ServerReport {
  /** Open connections. */
  readonly connections: number | null;
  /** What all clients make it hold. */
  readonly heldBytes: number | null;
}

/** A gRPC server on one port. */
export interface GrpcServer {
  /**
   * @returns the port that is bound
   * @throws ListenError when the address cannot be bound; what `certificates.start` throws
   */
  listen(address: ListenAddress): Promise<number>;
  /**
   * Stops listening, sends GOAWAY, waits `timeoutMs` for clients to leave, then closes what is
   * left.
   */
  close(timeoutMs: number): Promise<void>;
  report(): ServerReport;
  /** undefined: the server serves only connections that it accepts. */
  readonly adopter: ConnectionAdopter | undefined;
}

/** The part of a server that serves connections which another process accepted. */
export interface ConnectionAdopter {
  /**
   * Instead of `listen`.
   *
   * @param onServingChanged called after each change of `serving`
   */
  startAdopting(onServingChanged: () => void): Promise<void>;
  /** @param socket paused, nothing read from it */
  adopt(socket: Socket): void;
  /** How many adopted connections carry load, or may. */
  readonly serving: number;
  /** Sends GOAWAY on `count` adopted connections that carry load. Their open streams go on. */
  shedConnections(count: number): void;
}

/** The address cannot be bound; the message says which address and why. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor({ host, port }: ListenAddress, cause: Error) {
    super(`cannot listen on ${host.includes(':') ? `[${host}]` : host}:${port}: ${cause.message}`, { cause });
  }
}
