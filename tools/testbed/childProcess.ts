import { type ChildProcess as NodeChild, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dropChild, guardChild } from './orphanGuard.ts';
import { OutputRing } from './outputRing.ts';
import { until } from './until.ts';

/**
 * One process of the rehearsal: started, watched, signalled and ended by its pid. It never outlives this
 * process, except one started with `background`. Knows nothing of what the process does.
 */
export interface LaunchOptions {
  /** For messages: `etcd`, `baton a`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. Default: a PATH of the system's folders. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lines of output that are kept; default 400. */
  readonly keepLines?: number;
  /** Outlives this process, which has to end itself by process.exit, and writes its output to this file. */
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
  /** Settles when the process has ended and its output is read; never rejects. */
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
      // A group of its own: Ctrl-C in the terminal reaches the rehearsal alone, which then ends its parts.
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

  /** Waits for a condition of the running process. @throws Error with its last output, also when it ends. */
  async waitUntil(what: string, ask: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
    const ended = new AbortController();
    void this.exited.then((exit) => ended.abort(new Error(`it ended with ${describeExit(exit)}`)));
    try {
      await until(ask, { what, timeoutMs, signal: ended.signal });
    } catch (cause) {
      const said = this.#recentOutput() || '(nothing)';
      throw new Error(`${this.name}: ${(cause as Error).message}; it said:\n${said}`, { cause });
    }
  }

  /** Answers the first line, said already or still to come, that matches. */
  async waitForLine(pattern: RegExp, timeoutMs?: number): Promise<string> {
    return this.output.lines().find((line) => pattern.test(line)) ?? this.nextLine(pattern, timeoutMs);
  }

  /** Answers the first line still to come that matches: for what a process may have said before. */
  async nextLine(pattern: RegExp, timeoutMs?: number): Promise<string> {
    const found: string[] = [];
    const stopListening = this.output.onLine((line) => {
      if (pattern.test(line)) found.push(line);
    });
    try {
      await this.waitUntil(`a line like ${pattern}`, () => found.length > 0, timeoutMs);
    } finally {
      stopListening();
    }
    return found[0] as string;
  }

  /** Sends a signal to the process and those it started. Does nothing once it has ended. */
  signal(name: NodeJS.Signals): void {
    if (!this.running) return;
    try {
      process.kill(-this.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Asks it to end with SIGTERM and, after graceMs, ends it with SIGKILL; the answer tells which it was. */
  async stop(graceMs = 10_000): Promise<Exit> {
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    const overdue = setTimeout(() => this.signal('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(overdue);
    return exit;
  }

  /** SIGKILL, as by `kill -9`. */
  kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** SIGSTOP: it keeps its connections and answers nothing. */
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
