import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import { BuiltinServer } from '../../src/grpc/builtinServer.ts';
import type { ServerStream, StreamHandler } from '../../src/grpc/serverStream.ts';
import { failOnErrors } from './failOnErrors.ts';
import { generousLimits, generousTotalLimits } from './generousLimits.ts';

const watchPath = '/etcdserverpb.Watch/Watch';
const paths = [
  '/etcdserverpb.KV/Range',
  '/etcdserverpb.KV/Put',
  '/etcdserverpb.KV/DeleteRange',
  '/etcdserverpb.KV/Txn',
  '/etcdserverpb.Lease/LeaseGrant',
  '/etcdserverpb.Lease/LeaseRevoke',
  '/etcdserverpb.Lease/LeaseKeepAlive',
  watchPath,
];

const unchanged = (message: Buffer): Buffer => message;

/** Passes calls on to a real etcd, and can add a response that etcd did not send. */
export class EtcdRelay {
  readonly #server: BuiltinServer;
  readonly #client: Client;
  readonly #watches = new Set<ServerStream>();
  readonly #responses = new Map<string, Buffer>();
  readonly #held = new Map<string, PromiseWithResolvers<() => Promise<void>>>();
  endpoint = '';

  /** @param target `host:port` of etcd */
  constructor(target: string) {
    this.#client = new Client(target, credentials.createInsecure());
    this.#server = new BuiltinServer({
      handlers: new Map(paths.map((path) => [path, this.#relay(path)])),
      maxMessageBytes: 4 * 1024 * 1024,
      limits: generousLimits,
      totalLimits: generousTotalLimits,
      onUnexpectedError: failOnErrors.report,
    });
  }

  async listen(): Promise<this> {
    this.endpoint = `http://127.0.0.1:${await this.#server.listen({ host: '127.0.0.1', port: 0 })}`;
    return this;
  }

  /** In all, those that have ended too. */
  watchesBegun = 0;

  get watches(): number {
    return this.#watches.size;
  }

  /** Sends this in every open watch, as if etcd had. */
  sendInWatches(message: Buffer): void {
    for (const stream of this.#watches) stream.reply(message);
  }

  /**
   * From now on the responses of this method, such as `KV/Range`, are these bytes; undefined:
   * etcd's.
   */
  respond(method: string, message: Buffer | undefined): void {
    if (message === undefined) this.#responses.delete(`/etcdserverpb.${method}`);
    else this.#responses.set(`/etcdserverpb.${method}`, message);
  }

  /**
   * The next call of this method reaches etcd only when `send` is called, even if its client has
   * given up. `send` resolves when etcd has responded.
   */
  holdNext(method: string): { arrived: Promise<unknown>; send(): Promise<void> } {
    const held = Promise.withResolvers<() => Promise<void>>();
    this.#held.set(`/etcdserverpb.${method}`, held);
    return { arrived: held.promise, send: async () => (await held.promise)() };
  }

  async close(): Promise<void> {
    await this.#server.close(100);
    this.#client.close();
  }

  #relay(path: string): StreamHandler {
    return (stream) => {
      const call = this.#client.makeBidiStreamRequest(path, unchanged, unchanged);
      if (path === watchPath) {
        this.#watches.add(stream);
        this.watchesBegun += 1;
      }
      const held = this.#held.get(path);
      this.#held.delete(path);
      call.on('data', (message: Buffer) => stream.reply(this.#responses.get(path) ?? message));
      call.on('end', () => stream.end());
      call.on('error', ({ message }) => stream.fail('UNAVAILABLE', message));
      return {
        onMessage: (message) => {
          const request = Buffer.from(message);
          if (held === undefined) call.write(request);
          else held.resolve(() => responseTo(call, request));
        },
        onEnd: () => held === undefined && void call.end(),
        onClosed: () => {
          this.#watches.delete(stream);
          if (held === undefined) call.cancel();
        },
      };
    };
  }
}

function responseTo(call: ClientDuplexStream<Buffer, Buffer>, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    call.on('data', () => resolve());
    call.on('error', reject);
    call.end(request);
  });
}
