import { rm } from 'node:fs/promises';
import { ChildProcess, type Exit, type LaunchOptions } from './childProcess.ts';
import { httpGet } from './httpGet.ts';

/**
 * A real etcd on loopback: alone, or a member of a cluster. It can be stopped, killed, and
 * restarted with or without its data.
 */
export interface EtcdProcessOptions {
  readonly bin: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** The member's own folder; etcd creates it. */
  readonly dataDir: string;
  /** Default: a cluster of one member. */
  readonly cluster?: {
    /** The name of this member. */
    readonly name: string;
    /** Peer ports of all members by name. */
    readonly peerPorts: Readonly<Record<string, number>>;
  };
  /** Further flags by name. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly background?: LaunchOptions['background'];
}

export class Etcd {
  /** The client URL, `http://127.0.0.1:2379`. */
  readonly endpoint: string;
  readonly #options: EtcdProcessOptions;
  #process: ChildProcess;

  private constructor(options: EtcdProcessOptions, process: ChildProcess) {
    this.endpoint = clientUrl(options);
    this.#options = options;
    this.#process = process;
  }

  /** Resolves once etcd serves. A member does not before a majority of its cluster has started. */
  static async start(options: EtcdProcessOptions): Promise<Etcd> {
    return new Etcd(options, await launch(options));
  }

  /** The current process; a restart replaces it. */
  get process(): ChildProcess {
    return this.#process;
  }

  stop(): Promise<Exit> {
    return this.#process.stop();
  }

  kill(): Promise<Exit> {
    return this.#process.kill();
  }

  /** Stops it where it runs, and starts it on the same ports. */
  async restart(data: 'kept' | 'empty'): Promise<void> {
    await this.stop();
    if (data === 'empty') await rm(this.#options.dataDir, { recursive: true, force: true });
    this.#process = await launch(this.#options);
  }
}

function clientUrl(options: EtcdProcessOptions): string {
  return `http://127.0.0.1:${options.clientPort}`;
}

function peerUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

async function launch(options: EtcdProcessOptions): Promise<ChildProcess> {
  const client = clientUrl(options);
  const peer = peerUrl(options.peerPort);
  const { name, peerPorts } = options.cluster ?? {
    name: 'single',
    peerPorts: { single: options.peerPort },
  };
  const flags = {
    name,
    'data-dir': options.dataDir,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': Object.entries(peerPorts)
      .map(([member, port]) => `${member}=${peerUrl(port)}`)
      .join(),
    'log-level': 'warn',
    ...options.flags,
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const { bin: command, background } = options;
  const process = await ChildProcess.start({
    name: options.cluster ? `etcd ${name}` : 'etcd',
    command,
    args,
    ...(background && { background }),
  });
  try {
    await process.waitUntil('its /health', async () =>
      (await httpGet(`${client}/health`)).body.includes('"true"'),
    );
  } catch (error) {
    await process.kill();
    throw error;
  }
  return process;
}
