import { type ChildProcess as NodeChild, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dropChild, guardChild } from './orphanGuard.ts';
import { OutputRing } from './outputRing.ts';
import { until } from './until.ts';

/**
 * One child process: started, watched, signalled and ended by its pid. It ends when this process
 * ends, except with `background`. It knows nothing of what the process does.
 */
export interface LaunchOptions {
  /** Name in messages: `etcd`, `baton a`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. Default: a PATH of the system folders. */
  readonly env?: Readonly<Record<string, string>>;
  /** Number of output lines that are kept. Default 400. */
  readonly keepLines?: number;
  /**
   * The child outlives this process and writes its output to this file. The caller has to end
   * itself by process.exit.
   */
  readonly background?: { readonly logFile: string };
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const systemPath = '/usr/local/bin:/usr/bin:/bin';

export class ChildProcess {
  readonly name: string;
  readonly commandLine: readonly string[];
  readonly pid: number;
  /** Resolves when the process has ended and its output is read; never rejects. */
  readonly exited: Promise<Exit>;
  readonly output: OutputRing;
  readonly #logFile: string | undefined;
  #exit: Exit | undefined;

  private constructor(child: NodeChild, pid: number, options: LaunchOptions) {
    this.name = options.name;
    this.commandLine = [options.command, ...options.args];
    this.pid = pid;
    this.output = new OutputRing(options.keepLines ?? 400);
    this.#logFile = options.background?.logFile;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.output.add(line));
    }
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#exit = { code, signal };
        dropChild(pid);
        resolve(this.#exit);
      });
    });
  }

  /** @throws Error when the command cannot be run. */
  static async start(options: LaunchOptions): Promise<ChildProcess> {
    const log = options.background ? openSync(options.background.logFile, 'a') : undefined;
    const child = spawn(options.command, options.args, {
      env: options.env ?? { PATH: systemPath },
      stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'],
      // A process group of its own: Ctrl-C in the terminal reaches only this process, which ends
      // its children.
      detached: true,
    });
    try {
      await once(child, 'spawn');
    } catch (cause) {
      throw new Error(`${options.name} cannot be started: ${(cause as Error).message}`, { cause });
    } finally {
      if (log !== undefined) closeSync(log);
    }
    const pid = child.pid as number;
    if (!options.background) guardChild(pid);
    return new ChildProcess(child, pid, options);
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /**
   * Waits for a condition of the running process.
   * @throws Error with its last output, also when the process ends.
   */
  async waitUntil(
    what: string,
    condition: () => Promise<boolean> | boolean,
    timeoutMs = 45_000,
  ): Promise<void> {
    const ended = new AbortController();
    void this.exited.then((exit) => ended.abort(new Error(`the process ended with ${describeExit(exit)}`)));
    try {
      await until(condition, { what, timeoutMs, signal: ended.signal });
    } catch (cause) {
      const lastOutput = this.#recentOutput() || '(none)';
      throw new Error(`${this.name}: ${(cause as Error).message}; its last output:\n${lastOutput}`, {
        cause,
      });
    }
  }

  /** Resolves with the first output line that matches, past or future. */
  async waitForLine(pattern: RegExp, timeoutMs?: number): Promise<string> {
    return this.output.lines().find((line) => pattern.test(line)) ?? this.nextLine(pattern, timeoutMs);
  }

  /** Resolves with the first future output line that matches, whatever it has written before. */
  async nextLine(pattern: RegExp, timeoutMs?: number): Promise<string> {
    const found: string[] = [];
    const removeListener = this.output.onLine((line) => {
      if (pattern.test(line)) found.push(line);
    });
    try {
      await this.waitUntil(`a line like ${pattern}`, () => found.length > 0, timeoutMs);
    } finally {
      removeListener();
    }
    return found[0] as string;
  }

  /** Sends a signal to the process group. Does nothing once the process has ended. */
  signal(name: NodeJS.Signals): void {
    if (!this.running) return;
    try {
      process.kill(-this.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Sends SIGTERM and, after graceMs, SIGKILL. The result shows which one ended it. */
  async stop(graceMs = 10_000): Promise<Exit> {
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    const killTimer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(killTimer);
    return exit;
  }

  /** SIGKILL, as by `kill -9`. */
  kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** SIGSTOP: its connections stay open, and it answers nothing. */
  pause(): void {
    this.signal('SIGSTOP');
  }

  resume(): void {
    this.signal('SIGCONT');
  }

  #recentOutput(): string {
    if (this.#logFile === undefined) return this.output.text(20);
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
