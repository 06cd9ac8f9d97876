import type { AcceptStream, EdgeStream } from '../../src/extproc/edgeStream.ts';
import { Health } from '../../src/extproc/health.ts';
import type { Http2Limits } from '../../src/extproc/transport/http2/limits.ts';
import { openTransport } from '../../src/extproc/transport/openTransport.ts';
import type { CertificateFiles } from '../../src/extproc/transport/tls/certificateFiles.ts';
import type { Transport } from '../../src/extproc/transport/transport.ts';
import { generousLimits } from './http2Limits.ts';

export type TransportKind = 'native' | 'grpc-js';

export interface EchoOptions {
  /** Default `native`. */
  readonly kind?: TransportKind;
  readonly limits?: Partial<Http2Limits>;
  readonly maxMessageBytes?: number;
  readonly certificateFiles?: CertificateFiles;
}

/** A transport with an ext_proc method that sends every message back, and remembers what it was told. */
export class EchoTransport {
  readonly transport: Transport;
  /** In their order: `message 3`, `end`, `cancelled`, `error`. */
  readonly told: string[] = [];
  readonly streams: EdgeStream[] = [];
  accepted = 0;
  open = 0;
  address = '';

  constructor({ kind = 'native', limits, maxMessageBytes = 1_000_000, certificateFiles }: EchoOptions = {}) {
    const health = new Health({ takesTraffic: () => true, isFit: () => true });
    const acceptStream: AcceptStream = (stream) => this.#accept(stream);
    this.transport = openTransport(kind, {
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

  #accept(stream: EdgeStream): ReturnType<AcceptStream> {
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
        stream.finish();
      },
      onGone: (how) => {
        this.told.push(how);
        over();
      },
    };
  }
}
