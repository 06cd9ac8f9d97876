import { HealthStatus } from '../../src/extproc/healthStatus.ts';
import { openExtProcServer } from '../../src/extproc/openExtProcServer.ts';
import type { OnForeignProtocol } from '../../src/grpc/foreignProtocol.ts';
import type { GrpcServer } from '../../src/grpc/grpcServer.ts';
import type { Http2Limits, ReachedLimit, TotalLimits } from '../../src/grpc/http2/limits.ts';
import type { GrpcServerKind } from '../../src/grpc/openGrpcServer.ts';
import type { MessageParts, ServerStream, StreamHandler } from '../../src/grpc/serverStream.ts';
import type { CertificateSource } from '../../src/grpc/tls/certificateSource.ts';
import { generousLimits, generousTotalLimits } from './generousLimits.ts';

export interface EchoOptions {
  /** Default `builtin`. */
  readonly kind?: GrpcServerKind;
  readonly limits?: Partial<Http2Limits>;
  readonly totalLimits?: Partial<TotalLimits>;
  readonly maxMessageBytes?: number;
  readonly acceptsCompressed?: boolean;
  /** Messages whose first byte is this one are taken as they arrive. */
  readonly longMessageByte?: number;
  readonly certificates?: CertificateSource;
  readonly onForeignProtocol?: OnForeignProtocol;
}

/**
 * A server whose ext_proc method sends every message back and records what its listener receives.
 */
export class EchoServer {
  readonly server: GrpcServer;
  /** In their order: `message 3`, `end`, `cancelled`, `error`. */
  readonly events: string[] = [];
  readonly streams: ServerStream[] = [];
  readonly unexpected: unknown[] = [];
  readonly reachedLimits: ReachedLimit[] = [];
  readonly #longMessageByte: number | undefined;
  accepted = 0;
  open = 0;
  address = '';

  constructor(options: EchoOptions = {}) {
    const { kind = 'builtin', limits, maxMessageBytes = 1_000_000, certificates } = options;
    const { totalLimits, acceptsCompressed = false, onForeignProtocol = () => {} } = options;
    this.#longMessageByte = options.longMessageByte;
    const health = new HealthStatus({
      onCheckArrived: () => {},
      takesTraffic: () => true,
      isFit: () => true,
    });
    this.server = openExtProcServer(kind, {
      acceptStream: (stream) => this.#accept(stream),
      health,
      maxMessageBytes,
      acceptsCompressed,
      limits: { ...generousLimits, ...limits },
      totalLimits: { ...generousTotalLimits, ...totalLimits },
      onReachedLimit: (limit) => this.reachedLimits.push(limit),
      certificates,
      onForeignProtocol,
      errors: { report: (error) => this.unexpected.push(error) },
    });
  }

  async listen(): Promise<this> {
    this.address = `127.0.0.1:${await this.server.listen({ host: '127.0.0.1', port: 0 })}`;
    return this;
  }

  #parts(): MessageParts {
    let taken = '';
    return {
      onPart: (bytes, start, end) => {
        taken += bytes.toString('latin1', start, end);
      },
      onWhole: () => this.events.push(`parts ${taken.length}`, taken.slice(0, 8)),
    };
  }

  #accept(stream: ServerStream): ReturnType<StreamHandler> {
    this.accepted += 1;
    this.open += 1;
    this.streams.push(stream);
    let isOpen = true;
    const close = (): void => {
      if (isOpen) this.open -= 1;
      isOpen = false;
    };
    return {
      onMessage: (message) => {
        this.events.push(`message ${message.length}`);
        stream.reply(message);
      },
      onLongMessage: (firstByte) => (firstByte === this.#longMessageByte ? this.#parts() : undefined),
      onEnd: () => {
        this.events.push('end');
        close();
        stream.end();
      },
      onClosed: (how) => {
        this.events.push(how);
        close();
      },
    };
  }
}
