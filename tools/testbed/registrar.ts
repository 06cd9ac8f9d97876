import { batonCommandLine } from './batonEntry.ts';
import { ChildProcess, type Exit, type LaunchOptions } from './childProcess.ts';

/**
 * `baton register` as a process beside one pod, as a sidecar runs it, without a health URL: the
 * probes of the instances judge the pod.
 */
export interface RegistrarOptions {
  readonly address: string;
  readonly etcdEndpoint: string;
  readonly poolName: string;
  readonly weight: number;
  readonly background?: LaunchOptions['background'];
}

export class Registrar {
  readonly address: string;
  readonly process: ChildProcess;

  private constructor(address: string, process: ChildProcess) {
    this.address = address;
    this.process = process;
  }

  /** Resolves once the pod's record is written. */
  static async start(options: RegistrarOptions): Promise<Registrar> {
    const { address, background, etcdEndpoint, poolName, weight } = options;
    const pod = ['--address', address, '--weight', `${weight}`];
    const settings = ['--etcd', etcdEndpoint, '--set', `pool.name=${poolName}`];
    const [command, ...args] = batonCommandLine('register', ...pod, ...settings);
    const process = await ChildProcess.start({
      name: `registrar of ${address}`,
      command,
      args,
      ...(background && { background }),
    });
    await process.waitForLine(/"event":"registration.written"/, 30_000);
    return new Registrar(address, process);
  }

  /** Removes the record and ends. */
  stop(): Promise<Exit> {
    return this.process.stop();
  }
}
