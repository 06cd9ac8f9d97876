import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceState } from '../../src/admin/state.ts';
import { batonCommandLine } from './batonEntry.ts';
import { ChildProcess, describeExit, type Exit, type LaunchOptions } from './childProcess.ts';
import { httpGet, httpGetJson } from './httpGet.ts';
import { fillPlaceholders, type Release } from './release.ts';

/**
 * One Baton instance as a process with its own configuration file: `baton serve` of this package,
 * or the command of another build. Its address stays the same over restarts and upgrades, because
 * Envoy's configuration contains it.
 */
export interface BatonOptions {
  /** Short name in messages and file names: `a`. */
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
  /** Where the configuration file is written. */
  readonly dir: string;
  /** Any settings of Baton except the two addresses. */
  readonly settings: BatonSettings;
  /** Command of another build. Default: `baton serve` of this package. */
  readonly command?: Release['command'];
  /** Environment variables of the process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly background?: LaunchOptions['background'];
}

const localCommand = batonCommandLine('serve', '--config', '{config}');

/** Settings by section, as in a configuration file; the list `pools` is a section too. */
export type BatonSettings = Readonly<Record<string, Section>>;
type Section = Readonly<Record<string, unknown>>;

export class Baton {
  readonly name: string;
  /** gRPC, `ip:port`. */
  readonly address: string;
  readonly adminUrl: string;
  readonly #options: BatonOptions;
  #settings: BatonSettings;
  #command: Release['command'];
  #process: ChildProcess | undefined;

  constructor(options: BatonOptions) {
    this.name = options.name;
    this.address = `127.0.0.1:${options.port}`;
    this.adminUrl = `http://127.0.0.1:${options.adminPort}`;
    this.#options = options;
    this.#settings = options.settings;
    this.#command = options.command;
  }

  get process(): ChildProcess {
    if (!this.#process) throw new Error(`baton ${this.name} has not been started`);
    return this.#process;
  }

  /** Empty before the first start; then the process that ran last. */
  get processes(): readonly ChildProcess[] {
    return this.#process ? [this.#process] : [];
  }

  get release(): string {
    return String(this.#settings.instance?.release ?? '');
  }

  /** Starts the process. Does not wait until it is ready. */
  async launch(changes: BatonSettings = {}): Promise<void> {
    if (this.#process?.running) throw new Error(`baton ${this.name} is running already`);
    this.#settings = mergeSettings(this.#settings, changes);
    const { name, dir, port, adminPort, env, background } = this.#options;
    const configFile = join(dir, `baton-${name}.yaml`);
    const addresses = {
      server: { address: this.address },
      admin: { address: `127.0.0.1:${adminPort}` },
    };
    await writeFile(configFile, JSON.stringify(mergeSettings(this.#settings, addresses), null, 2));
    const [command, ...args] = fillPlaceholders(this.#command ?? localCommand, {
      config: configFile,
      address: this.address,
      admin: addresses.admin.address,
      release: this.release,
      generation: String(this.#settings.instance?.generation ?? ''),
    }) as [string, ...string[]];
    this.#process = await ChildProcess.start({
      name: `baton ${name} on port ${port}`,
      command,
      args,
      ...(env && { env }),
      ...(background && { background }),
    });
  }

  /** Starts the process as another release and waits until it is ready. */
  startAs({ release, generation, command }: Release): Promise<void> {
    this.#command = command;
    return this.start({ instance: { release, generation } });
  }

  /** Starts the process and waits until it is ready. */
  async start(changes?: BatonSettings): Promise<void> {
    await this.launch(changes);
    try {
      await this.waitUntilReady();
    } catch (error) {
      await this.process.kill();
      throw error;
    }
  }

  waitUntilReady(timeoutMs?: number): Promise<void> {
    const isReady = async () => (await httpGet(`${this.adminUrl}/readyz`)).status === 200;
    return this.process.waitUntil('its /readyz', isReady, timeoutMs);
  }

  /**
   * Reads GET /state.
   * @throws Error when the admin port does not answer.
   */
  async state(): Promise<InstanceState> {
    return (await httpGetJson(`${this.adminUrl}/state`)) as InstanceState;
  }

  /** The same of each of its pools. An instance of an older release has one. */
  async poolStates(): Promise<readonly InstanceState[]> {
    const state = await this.state();
    if (state.pools === undefined) return [state];
    const states = state.pools.map((name) => httpGetJson(`${this.adminUrl}/pools/${name}/state`));
    return (await Promise.all(states)) as InstanceState[];
  }

  /** Sends SIGTERM; resolves when the process has drained and exited. */
  stop(graceMs = 60_000): Promise<Exit> {
    return this.process.stop(graceMs);
  }

  kill(): Promise<Exit> {
    return this.process.kill();
  }

  /**
   * Like `stop`.
   * @throws Error when the exit code is not 0.
   */
  async stopCleanly(): Promise<void> {
    const exit = await this.stop();
    if (exit.code === 0) return;
    const lastOutput = this.process.output.text(20);
    throw new Error(
      `baton ${this.name} did not end cleanly (${describeExit(exit)}); its last output:\n${lastOutput}`,
    );
  }
}

/** Merges section by section; keys of `changes` replace those of `base`, and a list the other. */
export function mergeSettings(base: BatonSettings, changes: BatonSettings): BatonSettings {
  const merged: Record<string, Section> = { ...base };
  for (const [section, keys] of Object.entries(changes))
    merged[section] = Array.isArray(keys) ? keys : { ...merged[section], ...keys };
  return merged;
}
