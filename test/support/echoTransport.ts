import { HealthStatus } from '../../src/extproc/healthStatus.ts';
import type { Http2Limits } from '../../src/grpc/http2/limits.ts';
import { openGrpcServer } from '../../src/grpc/openServer.ts';
import type { GrpcServer } from '../../src/grpc/server.ts';
import type { ServerStream, StreamHandler } from '../../src/grpc/serverStream.ts';
import type { CertificateFiles } from '../../src/grpc/tls/certificateFiles.ts';
import { generousLimits } from './http2Limits.ts';

export type TransportKind = 'builtin' | 'grpc-js';

export interface EchoOptions {
  /** Default `builtin`. */
  readonly kind?: TransportKind;
  readonly limits?: Partial<Http2Limits>;
  readonly maxMessageBytes?: number;
  readonly certificateFiles?: CertificateFiles;
}

/** A transport with an ext_proc method that sends every message back, and remembers what it was told. */
export class EchoTransport {
  readonly transport: GrpcServer;
  /** In their order: `message 3`, `end`, `cancelled`, `error`. */
  readonly told: string[] = [];
  readonly streams: ServerStream[] = [];
  accepted = 0;
  open = 0;
  address = '';

  constructor({ kind = 'builtin', limits, maxMessageBytes = 1_000_000, certificateFiles }: EchoOptions = {}) {
    const health = new HealthStatus({
      onCheckArrived: () => {},
      takesTraffic: () => true,
      isFit: () => true,
    });
    const acceptStream: StreamHandler = (stream) => this.#accept(stream);
    this.transport = openGrpcServer(kind, {
      acceptStream,
      health,
      maxMessageBytes,
      limits: { ...generousLimits, ...limits },
      certificateFiles,
    });
  }

  async listen(): Promise<this> {
    this.address = await this.transport.listen('127.0.0.1:0');
    return this;
  }

  #accept(stream: ServerStream): ReturnType<StreamHandler> {
    this.accepted += 1;
    this.open += 1;
    this.streams.push(stream);
    let isOpen = true;
    const over = (): void => {
      if (isOpen) this.open -= 1;
      isOpen = false;
    };
    return {
      onMessage: (message) => {
        this.told.push(`message ${message.length}`);
        stream.reply(message);
      },
      onEnd: () => {
        this.told.push('end');
        over();
        stream.end();
      },
      onClosed: (how) => {
        this.told.push(how);
        over();
      },
    };
  }
}
