import { batonCommandLine } from './batonEntry.ts';
import { ChildProcess, type Exit, type LaunchOptions } from './childProcess.ts';
import { httpGet, httpGetJson } from './httpGet.ts';

/** One simulated inference pod as a process: `baton podsim` of this package. */
export interface PodOptions {
  readonly id: string;
  readonly port: number;
  /** podsim's flags without dashes, but address and id: `{ 'ttft-ms': 50 }`. `true`: no value. */
  readonly flags?: Readonly<Record<string, string | number | true>>;
  readonly background?: LaunchOptions['background'];
}

export interface PodState {
  readonly id: string;
  readonly running: number;
  readonly waiting: number;
  readonly served: number;
  readonly aborted: number;
  readonly maxRunning: number;
}

export class Pod {
  readonly id: string;
  readonly address: string;
  readonly #options: PodOptions;
  #process: ChildProcess;

  private constructor(options: PodOptions, process: ChildProcess) {
    this.id = options.id;
    this.address = `127.0.0.1:${options.port}`;
    this.#options = options;
    this.#process = process;
  }

  /** Resolves once the pod is healthy. */
  static async start(options: PodOptions): Promise<Pod> {
    return new Pod(options, await launch(options));
  }

  get process(): ChildProcess {
    return this.#process;
  }

  async state(): Promise<PodState> {
    return (await httpGetJson(`http://${this.address}/podsim/state`)) as PodState;
  }

  stop(): Promise<Exit> {
    return this.#process.stop();
  }

  kill(): Promise<Exit> {
    return this.#process.kill();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#process = await launch(this.#options);
  }
}

async function launch({ id, port, flags = {}, background }: PodOptions): Promise<ChildProcess> {
  const address = `127.0.0.1:${port}`;
  const given = Object.entries<string | number | true>({ address, id, ...flags }).flatMap(([flag, value]) => [
    `--${flag}`,
    ...(value === true ? [] : [String(value)]),
  ]);
  const [command, ...args] = batonCommandLine('podsim', ...given);
  const child = await ChildProcess.start({
    name: id,
    command,
    args,
    ...(background && { background }),
  });
  try {
    await child.waitUntil(
      'its /health',
      async () => (await httpGet(`http://${address}/health`)).status === 200,
    );
  } catch (error) {
    await child.kill();
    throw error;
  }
  return child;
}
