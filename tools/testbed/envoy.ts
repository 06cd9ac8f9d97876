import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ChildProcess, type Exit, type LaunchOptions } from './childProcess.ts';
import { type EnvoyAddresses, type EnvoyBootstrap, withAddresses } from './envoyAddresses.ts';
import { httpGet, httpGetJson } from './httpGet.ts';
import { checkoutDir } from './tools.ts';

/** A real Envoy on loopback that runs a shipped configuration with other addresses. */
export interface EnvoyOptions extends EnvoyAddresses {
  readonly bin: string;
  /** A file in envoy/ (`envoy.yaml`, `fail-closed.yaml`), or the path of another. */
  readonly configuration: string;
  /** The folder of the changed configuration. */
  readonly dir: string;
  readonly amend?: (bootstrap: EnvoyBootstrap) => void;
  /** Worker threads, each with its own connections. Default 1. */
  readonly threads?: number;
  readonly background?: LaunchOptions['background'];
}

export class Envoy {
  /** The URL for clients, `http://127.0.0.1:10000`. */
  readonly url: string;
  readonly adminUrl: string;
  readonly #configFile: string;
  readonly #options: EnvoyOptions;
  #process: ChildProcess;

  private constructor(options: EnvoyOptions, configFile: string, process: ChildProcess) {
    this.url = `http://127.0.0.1:${options.listenerPort}`;
    this.adminUrl = `http://127.0.0.1:${options.adminPort}`;
    this.#configFile = configFile;
    this.#options = options;
    this.#process = process;
  }

  /** Resolves once Envoy accepts requests; its health checks may not have run yet. */
  static async start(options: EnvoyOptions): Promise<Envoy> {
    const shipped = await readFile(resolve(checkoutDir, 'envoy', options.configuration), 'utf8');
    const configFile = join(options.dir, 'envoy.json');
    await writeFile(configFile, withAddresses(shipped, options, options.amend));
    return new Envoy(options, configFile, await launch(options, configFile));
  }

  get process(): ChildProcess {
    return this.#process;
  }

  stop(): Promise<Exit> {
    return this.#process.stop();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#process = await launch(this.#options, this.#configFile);
  }

  /** Counters and gauges whose names match the regular expression; no histograms. */
  async stats(filter: string): Promise<ReadonlyMap<string, number>> {
    const url = `${this.adminUrl}/stats?format=json&filter=${encodeURIComponent(filter)}`;
    const { stats } = (await httpGetJson(url)) as { stats: { name?: string; value?: unknown }[] };
    const numbers = new Map<string, number>();
    for (const { name, value } of stats) {
      if (name !== undefined && typeof value === 'number') numbers.set(name, value);
    }
    return numbers;
  }

  /** One counter or gauge by its full name; 0 where Envoy has not created it yet. */
  async stat(name: string): Promise<number> {
    const exact = `^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
    return (await this.stats(exact)).get(name) ?? 0;
  }

  /** The hosts of a cluster, `ip:port`, and whether Envoy's health checks find each healthy. */
  async hosts(cluster: string): Promise<ReadonlyMap<string, boolean>> {
    const hosts = await this.#hostStatuses(cluster);
    return new Map(hosts.map((host) => [addressOf(host), isHealthy(host.health_status)]));
  }

  /** The hosts of a cluster, `ip:port`, and the number of requests to each, without probes. */
  async requestsByHost(cluster: string): Promise<ReadonlyMap<string, number>> {
    const hosts = await this.#hostStatuses(cluster);
    const total = ({ stats }: HostStatus) =>
      Number(stats.find(({ name }) => name === 'rq_total')?.value ?? 0);
    return new Map(hosts.map((host) => [addressOf(host), total(host)]));
  }

  /** Waits until exactly these hosts of a cluster are healthy. */
  async waitForHealthy(cluster: string, addresses: readonly string[], timeoutMs = 15_000): Promise<void> {
    const wanted = [...addresses].sort().join(' ');
    const isHealthySet = async () => {
      const healthy = [...(await this.hosts(cluster))].filter(([, isUp]) => isUp).map(([address]) => address);
      return healthy.sort().join(' ') === wanted;
    };
    await this.#process.waitUntil(
      `${cluster} to have the healthy hosts "${wanted}"`,
      isHealthySet,
      timeoutMs,
    );
  }

  /** Waits until this host of a cluster is healthy, whatever the others are. */
  async waitForHealthyHost(cluster: string, address: string, timeoutMs = 15_000): Promise<void> {
    const isHostHealthy = async () => (await this.hosts(cluster)).get(address) === true;
    await this.#process.waitUntil(`${cluster} to have ${address} healthy`, isHostHealthy, timeoutMs);
  }

  async #hostStatuses(cluster: string): Promise<readonly HostStatus[]> {
    const answer = (await httpGetJson(`${this.adminUrl}/clusters?format=json`)) as ClustersAnswer;
    const status = answer.cluster_statuses.find(({ name }) => name === cluster);
    if (!status) throw new Error(`Envoy has no cluster "${cluster}"`);
    return status.host_statuses ?? [];
  }
}

interface ClustersAnswer {
  readonly cluster_statuses: readonly {
    readonly name: string;
    readonly host_statuses?: readonly HostStatus[];
  }[];
}

interface HostStatus {
  readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
  readonly health_status: Readonly<Record<string, unknown>>;
  readonly stats: readonly { readonly name: string; readonly value?: string }[];
}

/**
 * Envoy lists flags of failed checks; a healthy host has none. `eds_health_status` is always there.
 */
function isHealthy(status: HostStatus['health_status']): boolean {
  const isFailed = Object.keys(status).some(
    (key) => key.startsWith('failed_') || key === 'pending_active_hc',
  );
  return !isFailed && status.eds_health_status !== 'UNHEALTHY';
}

function addressOf({ address: { socket_address: socket } }: HostStatus): string {
  return socket.address.includes(':')
    ? `[${socket.address}]:${socket.port_value}`
    : `${socket.address}:${socket.port_value}`;
}

async function launch(options: EnvoyOptions, configFile: string): Promise<ChildProcess> {
  const process = await ChildProcess.start({
    name: 'envoy',
    command: options.bin,
    // Hot restart shares memory with other Envoys on this machine, and ends Envoy when its parent
    // ends; "make up" needs one that goes on.
    args: [
      '-c',
      configFile,
      '--disable-hot-restart',
      '--concurrency',
      `${options.threads ?? 1}`,
      '--log-level',
      'warning',
    ],
    ...(options.background && { background: options.background }),
  });
  const ready = `http://127.0.0.1:${options.adminPort}/ready`;
  try {
    await process.waitUntil('its /ready', async () => (await httpGet(ready)).status === 200, 30_000);
  } catch (error) {
    await process.kill();
    throw error;
  }
  return process;
}
