import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { Health } from '../../src/proto/clients.ts';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../../src/proto/services.ts';
import { type PickerMessage, PickerStream } from './pickerStream.ts';

export interface PickerOptions {
  /** `host:port` of the ext_proc service. */
  readonly target: string;
  /** Of gRPC health, where it has a port of its own; that one is plain. */
  readonly healthTarget?: string | undefined;
  /** As gateways do: the certificate is not verified. */
  readonly isTls: boolean;
  /** Of each wait. */
  readonly timeoutMs: number;
}

const { Process: processMethod } = externalProcessorService;
const serialize = (message: PickerMessage): Buffer =>
  Buffer.isBuffer(message) ? message : processMethod.requestSerialize(message);

/** An endpoint picker, as a gateway reaches it: one connection. */
export class Picker {
  readonly options: PickerOptions;
  readonly #client: Client;
  readonly #health: InstanceType<typeof Health>;
  /** Those that cases left open. */
  readonly #streams = new Set<PickerStream>();

  constructor(options: PickerOptions) {
    this.options = options;
    const channel = options.isTls ? unverified() : credentials.createInsecure();
    this.#client = new Client(options.target, channel, channelOptions);
    const { healthTarget } = options;
    this.#health = new Health(
      healthTarget ?? options.target,
      healthTarget === undefined ? channel : credentials.createInsecure(),
      channelOptions,
    );
  }

  /** @returns why no connection came about; undefined: there is one */
  connect(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#client.waitForReady(Date.now() + this.options.timeoutMs, (error) => resolve(error?.message));
    });
  }

  /** @param path of the method; default: that of ext_proc */
  open(path = processMethod.path): PickerStream {
    const call = this.#client.makeBidiStreamRequest(
      path,
      serialize,
      processMethod.responseDeserialize,
      new Metadata(),
    ) as ClientDuplexStream<PickerMessage, ProcessingResponse__Output>;
    const stream = new PickerStream(call, this.options.timeoutMs);
    this.#streams.add(stream);
    call.on('status', () => this.#streams.delete(stream));
    return stream;
  }

  /** The serving status of a service, or the name of the gRPC status that came instead. */
  health(service: string): Promise<string> {
    return new Promise((resolve) => {
      const deadline = Date.now() + this.options.timeoutMs;
      this.#health.check({ service }, { deadline }, (error: ServiceError | null, response) => {
        if (error !== null) resolve(status[error.code] ?? String(error.code));
        else resolve(String(response?.status ?? 'UNKNOWN'));
      });
    });
  }

  /** Resets the streams that are left. */
  async abortAll(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.abort()));
  }

  async close(): Promise<void> {
    await this.abortAll();
    this.#client.close();
    this.#health.close();
  }
}

const channelOptions = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
} as const;

function unverified(): ChannelCredentials {
  return credentials.createSsl(null, null, null, {
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
}
