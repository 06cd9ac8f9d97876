import { once } from 'node:events';
import { type ChannelCredentials, connectivityState, credentials } from '@grpc/grpc-js';
import { ExternalProcessor } from '../../src/proto/clients.ts';
import type { HeaderValue } from '../../src/proto/generated/edge/envoy/config/core/v3/HeaderValue.ts';
import type { Struct } from '../../src/proto/generated/edge/google/protobuf/Struct.ts';

/** An ext_proc exchange that stays open until `end`. */
export interface OpenExchange {
  /** The chosen pod; undefined: the request was rejected. */
  readonly pod: string | undefined;
  /** The gRPC status that it ended with; never rejects. */
  readonly status: Promise<number>;
  end(): void;
}

export interface OpenOptions {
  /** Of the HTTP request. Default: none. */
  readonly headers?: readonly HeaderValue[];
  /** Texts by namespace and key, as Envoy passes its dynamic metadata on. Default: none. */
  readonly metadata?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Ends the exchange with DEADLINE_EXCEEDED. Default: none. */
  readonly timeoutMs?: number;
}

/** A client that asks as Envoy does for requests without a body, all on one connection. */
export class ExtProcClient {
  readonly #client: InstanceType<typeof ExternalProcessor>;
  #isClosed = false;

  /** @param serverName in the server's certificate, when it is not that of the address */
  constructor(address: string, channel: ChannelCredentials = credentials.createInsecure(), serverName = '') {
    this.#client = new ExternalProcessor(address, channel, {
      ...(serverName !== '' && { 'grpc.ssl_target_name_override': serverName }),
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
    });
  }

  /** @throws Error of grpc-js, or one with the status, when it ends without a reply */
  async open({ headers = [], metadata, timeoutMs }: OpenOptions = {}): Promise<OpenExchange> {
    const stream = this.#client.process(timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs });
    const status = new Promise<number>((resolve) => stream.once('status', ({ code }) => resolve(code)));
    // A drain half-closes it and a kill cuts it: the exchange is over either way.
    stream.on('error', () => {});
    stream.write({
      request_headers: { headers: { headers: [...headers] } },
      ...(metadata && { metadata_context: { filter_metadata: structsOf(metadata) } }),
    });
    const unanswered = status.then((code) => {
      throw new Error(`the exchange ended with status ${code} before a reply`);
    });
    const [reply] = await Promise.race([once(stream, 'data'), unanswered]);
    unanswered.catch(() => {});
    stream.resume();
    const fields = reply.dynamic_metadata?.fields?.['envoy.lb']?.structValue?.fields;
    const destination: string | undefined = fields?.['x-gateway-destination-endpoint']?.stringValue;
    return { pod: destination?.split(',')[0], status, end: () => void stream.end() };
  }

  /** Calls `onLost` each time the connection is lost. */
  watchConnection(onLost: () => void): void {
    const channel = this.#client.getChannel();
    const watch = (): void => {
      const before = channel.getConnectivityState(false);
      channel.watchConnectivityState(before, Number.POSITIVE_INFINITY, (error) => {
        if (error || this.#isClosed) return;
        if (before === connectivityState.READY) onLost();
        watch();
      });
    };
    watch();
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }
}

/** Opens an exchange on a connection of its own, which closes when the exchange has ended. */
export async function openExchange(address: string, options: OpenOptions = {}): Promise<OpenExchange> {
  const client = new ExtProcClient(address);
  const exchange = await client.open(options);
  void exchange.status.then(() => client.close());
  return exchange;
}

function structsOf(metadata: NonNullable<OpenOptions['metadata']>): Record<string, Struct> {
  const fieldsOf = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([key, stringValue]) => [key, { stringValue }]));
  return Object.fromEntries(
    Object.entries(metadata).map(([namespace, texts]) => [namespace, { fields: fieldsOf(texts) }]),
  );
}
