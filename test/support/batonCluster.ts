import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/etcd/client.ts';
import { Baton, type BatonSettings, mergeSettings } from '../../tools/testbed/baton.ts';
import { batonEntry } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import type { Etcd } from '../../tools/testbed/etcd.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { type Ended, runBaton } from './batonCommand.ts';
import { startTestEtcd } from './testEtcd.ts';

/**
 * A real etcd and instances as processes, with neither Envoy nor pods: for what happens in the
 * store and between instances. Probes are off, so an endpoint needs nothing but an address.
 */
export class BatonCluster {
  readonly etcd: Etcd;
  readonly #stopEtcd: () => Promise<void>;
  readonly #dir: string;
  readonly #settings: BatonSettings;
  readonly #instances: Baton[] = [];
  readonly #registrars: ChildProcess[] = [];

  private constructor(etcd: Etcd, stopEtcd: () => Promise<void>, dir: string, settings: BatonSettings) {
    this.etcd = etcd;
    this.#stopEtcd = stopEtcd;
    this.#dir = dir;
    this.#settings = settings;
  }

  /** @param settings of every instance */
  static async start(settings: BatonSettings): Promise<BatonCluster> {
    const { etcd, stop } = await startTestEtcd();
    const dir = await mkdtemp(join(tmpdir(), 'baton-fleet-'));
    return new BatonCluster(etcd, stop, dir, settings);
  }

  /** An instance that is not started yet. */
  async instance(id: string, settings: BatonSettings = {}): Promise<Baton> {
    const [port, adminPort] = [await freePort(), await freePort()];
    const fitting = {
      instance: { id },
      etcd: { endpoints: [this.etcd.endpoint] },
      pool: { probe: { enabled: false } },
    };
    const all = [fitting, this.#settings, settings].reduce(mergeSettings);
    const instance = new Baton({ name: id, port, adminPort, dir: this.#dir, settings: all });
    this.#instances.push(instance);
    return instance;
  }

  /** Runs an operator's command on this etcd. */
  command(...args: readonly string[]): Promise<Ended> {
    return runBaton([...args, '--etcd', this.etcd.endpoint]);
  }

  /**
   * Keeps a pod registered in a process of its own, as a sidecar does. Resolves when it is
   * registered.
   *
   * @param env the whole environment of its process
   */
  async register(address: string, env?: Readonly<Record<string, string>>): Promise<void> {
    const args = [batonEntry, 'register', '--address', address];
    const registrar = await ChildProcess.start({
      name: `registrar of ${address}`,
      command: process.execPath,
      args: [...args, '--etcd', this.etcd.endpoint],
      ...(env && { env }),
    });
    this.#registrars.push(registrar);
    await registrar.waitForLine(/"event":"registration.written"/);
  }

  /** The records of the pool by key, as etcd has them now. */
  async records(): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.#withClient(async ({ keys }) => new Map(Object.entries(await keys.getAll().buffers())));
  }

  /** Writes a record without a lease. */
  async put(key: string, value: Uint8Array): Promise<void> {
    await this.#withClient(({ keys }) => keys.put(key).value(Buffer.from(value)).exec());
  }

  async remove(key: string): Promise<void> {
    await this.#withClient(({ keys }) => keys.delete().key(key).exec());
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    const processes = [...this.#instances.flatMap((one) => one.processes), ...this.#registrars];
    await Promise.all(processes.map((process) => process.kill()));
    await this.#stopEtcd();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #withClient<T>(use: (client: ReturnType<typeof connect>) => Promise<T>): Promise<T> {
    const options = { endpoints: [this.etcd.endpoint], requestTimeoutMs: 5_000 };
    const client = connect(options, '/baton/v1/default/');
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }
}
