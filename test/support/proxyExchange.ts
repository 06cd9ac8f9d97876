import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { ExternalProcessor } from '../../src/proto/clients.ts';
import type { ProcessingRequest } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { until } from '../../tools/testbed/until.ts';

/** A message of request headers. */
export function headersMessage(
  values: Record<string, string>,
  more: Partial<ProcessingRequest> = {},
): ProcessingRequest {
  const list = Object.entries(values).map(([key, value]) => ({ key, raw_value: Buffer.from(value) }));
  return { request_headers: { headers: { headers: list } }, ...more };
}

/** One exchange, as Envoy has it. */
export class ProxyExchange {
  readonly #stream: ClientDuplexStream<ProcessingRequest, ProcessingResponse__Output>;
  readonly replies: ProcessingResponse__Output[] = [];
  isOver = false;
  /** The gRPC status at the end. */
  status: number | undefined;

  constructor(client: InstanceType<typeof ExternalProcessor>) {
    this.#stream = client.process();
    this.#stream.on('data', (reply: ProcessingResponse__Output) => this.replies.push(reply));
    this.#stream.on('error', () => {});
    this.#stream.on('status', ({ code }) => {
      this.status = code;
      this.isOver = true;
    });
  }

  async send(message: ProcessingRequest): Promise<ProcessingResponse__Output> {
    const before = this.replies.length;
    this.#stream.write(message);
    await until(() => this.replies.length > before, { what: 'the reply' });
    return this.replies[before] as ProcessingResponse__Output;
  }

  write(message: ProcessingRequest): void {
    this.#stream.write(message);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  abort(): void {
    this.#stream.cancel();
  }

  async end(): Promise<void> {
    this.#stream.end();
    await until(() => this.isOver, { what: 'the end of the stream' });
  }
}

/** The endpoint in the metadata of a reply. */
export function podIn(reply: ProcessingResponse__Output): string | undefined {
  const fields = reply.dynamic_metadata?.fields?.['envoy.lb']?.structValue?.fields;
  return fields?.['x-gateway-destination-endpoint']?.stringValue?.split(',')[0];
}
