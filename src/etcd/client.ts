import { readFileSync } from 'node:fs';
import { ExponentialBackoff, handleWhen, noop, retry } from 'cockatiel';
import { Etcd3, isRecoverableError, type Namespace } from 'etcd3';

/** Where etcd is, and the credentials for it. */
export interface EtcdOptions {
  /** `http://host:port` or `https://host:port`, all of one cluster and all of one scheme. */
  readonly endpoints: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  /** The longest a single request may take. */
  readonly requestTimeoutMs: number;
}

/** A connected client whose keys are all under one prefix. */
export interface EtcdClient {
  readonly keys: Namespace;
  close(): void;
}

/**
 * Channel options, named as in gRPC's core documentation. With a local subchannel pool each client
 * has its own connections, so that a new client does connect again. etcd refuses pings at intervals
 * below 5 s.
 */
const grpcOptions = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.max_receive_message_length': -1,
  // Whatever proxy the environment names is for the web, not for a cluster's own store.
  'grpc.enable_http_proxy': 0,
};

/**
 * Opens a client. Nothing is sent before the first request.
 *
 * @param prefix such as `/baton/v1/default/`; keys are passed and returned without it
 * @throws Error when a TLS file cannot be read
 */
export function connect(options: EtcdOptions, prefix: string): EtcdClient {
  const { endpoints, username, password, tls, requestTimeoutMs } = options;
  const client = new Etcd3({
    hosts: [...endpoints],
    grpcOptions,
    // Streams have no deadline; everything else has.
    defaultCallOptions: (call) => (call.isStream ? {} : { deadline: Date.now() + requestTimeoutMs }),
    ...(username !== undefined && password !== undefined ? { auth: { username, password } } : {}),
    ...(tls?.caFile !== undefined ? { credentials: readCredentials({ ...tls, caFile: tls.caFile }) } : {}),
    faultHandling: {
      // One attempt on each member. No circuit breaker: EtcdSession decides when to join again.
      global: retry(handleWhen(isRecoverableError), { maxAttempts: endpoints.length - 1 }),
      host: () => noop,
      watchBackoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 1_000 }).next(),
    },
  });
  return { keys: client.namespace(prefix), close: () => client.close() };
}

function readCredentials(tls: { caFile: string; certFile?: string; keyFile?: string }): {
  rootCertificate: Buffer;
  certChain?: Buffer;
  privateKey?: Buffer;
} {
  return {
    rootCertificate: readFileSync(tls.caFile),
    ...(tls.certFile !== undefined ? { certChain: readFileSync(tls.certFile) } : {}),
    ...(tls.keyFile !== undefined ? { privateKey: readFileSync(tls.keyFile) } : {}),
  };
}
