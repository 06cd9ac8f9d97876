import { Channel, type ClientDuplexStream, Metadata, type ServiceError } from '@grpc/grpc-js';
import { noop } from 'cockatiel';
import { castGrpcError } from 'etcd3';
import { Host } from 'etcd3/lib/connection-pool.js';
import type { Services } from 'etcd3/lib/rpc.js';
import { type CredentialOptions, readChannelCredentials, readLogin } from './credentials.ts';
import { ConnectionClosedError } from './failureKind.ts';

export type ServiceName = keyof typeof Services;

/**
 * Channel options, named as in gRPC's core documentation. With a local subchannel pool each channel
 * has its own connection, so that a new channel does connect again. etcd closes a connection with
 * pings at intervals below 5 s, or without a stream. A proxy of the environment is for other
 * traffic. A message may be as large as several of etcd's largest requests (`--max-request-bytes`,
 * 1.5 MiB by default); what may be larger is asked for in parts.
 */
const channelOptions = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
};

/** The errors after which another token is needed; etcd has no code of its own for them. */
const staleToken = /invalid auth token|revision of auth store is old|user name is empty/;

type Unary = (
  params: unknown,
  metadata: Metadata,
  options: { deadline: number },
  done: (error: ServiceError | null, response: unknown) => void,
) => { cancel(): void };
type Duplex = (metadata: Metadata) => ClientDuplexStream<unknown, unknown>;

/**
 * One connection to one member: a channel that all services share, so that they share its fate,
 * and the token of the user on it. It is closed once and not opened again.
 */
export class MemberConnection {
  readonly #options: CredentialOptions;
  readonly #channel: Channel;
  readonly #host: Host;
  readonly #closing = new AbortController();
  #metadata: Promise<Metadata> | undefined;

  /** @throws Error when a TLS file cannot be read */
  constructor(endpoint: string, options: CredentialOptions) {
    this.#options = options;
    const address = endpoint.replace(/^https?:\/\//, '');
    const credentials = readChannelCredentials(endpoint.startsWith('https:'), options);
    this.#channel = new Channel(address, credentials, channelOptions);
    this.#host = new Host(address, credentials, { channelOverride: this.#channel } as object, noop);
  }

  /** Aborts when the connection is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws etcd3's error; or the reason of the signal */
  async unary<T>(
    service: ServiceName,
    method: string,
    params: unknown,
    limits: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<T> {
    try {
      return await this.#send<T>(service, method, params, await this.metadata(limits), limits);
    } catch (error) {
      if (!this.#forgetStaleToken(error)) throw error;
      return await this.#send<T>(service, method, params, await this.metadata(limits), limits);
    }
  }

  /** The caller ends the stream when `closed` aborts. Its errors arrive as the event `error`. */
  async duplex<Request, Response>(
    service: ServiceName,
    method: string,
    limits: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<ClientDuplexStream<Request, Response>> {
    const metadata = await this.metadata(limits);
    this.closed.throwIfAborted();
    const client = this.client(service) as unknown as Record<string, Duplex>;
    const stream = (client[method] as Duplex).call(client, metadata);
    stream.on('error', (error: Error) => this.#forgetStaleToken(error));
    return stream as ClientDuplexStream<Request, Response>;
  }

  /** For each call: the user's token, asked for once. */
  metadata(limits: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<Metadata> {
    if (this.#metadata === undefined) {
      const metadata = this.#authenticate(limits.timeoutMs);
      this.#metadata = metadata;
      metadata.catch(() => {
        if (this.#metadata === metadata) this.#metadata = undefined;
      });
    }
    return this.#metadata;
  }

  /** etcd3's client of one service. */
  client(service: ServiceName): ReturnType<Host['getServiceClient']> {
    return this.#host.getServiceClient(service);
  }

  /** @returns whether the error is about the token, so that the next call has another one */
  #forgetStaleToken(error: unknown): boolean {
    if (!(error instanceof Error) || this.#options.username === undefined) return false;
    if (!staleToken.test(error.message)) return false;
    this.#metadata = undefined;
    return true;
  }

  /** For reasons that arrive otherwise than as a call's error. */
  forgetTokenIfStale(reason: string): void {
    this.#forgetStaleToken(new Error(reason));
  }

  /** Open calls fail; streams end by their owners. */
  close(): void {
    if (this.closed.aborted) return;
    this.#closing.abort(new ConnectionClosedError('the connection to etcd is closed'));
    this.#channel.close();
  }

  async #authenticate(timeoutMs: number): Promise<Metadata> {
    const metadata = new Metadata();
    const login = readLogin(this.#options);
    if (login === undefined) return metadata;
    try {
      const { token } = await this.#send<{ token: string }>('Auth', 'authenticate', login, metadata, {
        timeoutMs,
      });
      metadata.set('token', token);
    } catch (error) {
      if (!(error as Error).message.includes('authentication is not enabled')) throw error;
    }
    return metadata;
  }

  #send<T>(
    service: ServiceName,
    method: string,
    params: unknown,
    metadata: Metadata,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<T> {
    this.closed.throwIfAborted();
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const client = this.client(service) as unknown as Record<string, Unary>;
    const call = (client[method] as Unary).call(
      client,
      params,
      metadata,
      { deadline: Date.now() + timeoutMs },
      (error, response) => {
        if (error) reject(castGrpcError(error));
        else resolve(response as T);
      },
    );
    const end = (reason: AbortSignal): void => {
      reject(reason.reason);
      call.cancel();
    };
    return whileNotAborted(promise, [this.closed, signal], end);
  }
}

/** Calls `end` when one of the signals aborts before the promise is settled. */
async function whileNotAborted<T>(
  promise: Promise<T>,
  signals: readonly (AbortSignal | undefined)[],
  end: (signal: AbortSignal) => void,
): Promise<T> {
  const listeners = signals.flatMap((signal) => {
    if (signal === undefined) return [];
    const listener = (): void => end(signal);
    signal.addEventListener('abort', listener, { once: true });
    return [() => signal.removeEventListener('abort', listener)];
  });
  try {
    return await promise;
  } finally {
    for (const remove of listeners) remove();
  }
}
