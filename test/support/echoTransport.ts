import type { AcceptStream, EdgeStream } from '../../src/extproc/edgeStream.ts';
import { Health } from '../../src/extproc/health.ts';
import type { Http2Limits } from '../../src/extproc/transport/http2/limits.ts';
import { NativeTransport } from '../../src/extproc/transport/native.ts';
import { generousLimits } from './http2Limits.ts';

/** The native transport with an ext_proc method that sends every message back, and remembers what it was told. */
export class EchoTransport {
  readonly transport: NativeTransport;
  /** In their order: `message 3`, `end`, `cancelled`, `error`. */
  readonly told: string[] = [];
  readonly streams: EdgeStream[] = [];
  accepted = 0;
  open = 0;
  address = '';

  constructor(limits: Partial<Http2Limits> = {}, maxMessageBytes = 1_000_000) {
    const health = new Health({ takesTraffic: () => true, isFit: () => true });
    const acceptStream: AcceptStream = (stream) => this.#accept(stream);
    this.transport = new NativeTransport({
      acceptStream,
      health,
      maxMessageBytes,
      limits: { ...generousLimits, ...limits },
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
