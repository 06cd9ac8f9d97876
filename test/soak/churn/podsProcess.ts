import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PodsCommand, PodsReply } from './podsEntry.ts';

/** The pods of a churn, as their parent sees them. */
export class PodsProcess {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Resolves once all pods are started; their records may still be on their way. */
  static async start(etcdEndpoint: string, pods: number): Promise<PodsProcess> {
    const child = fork(join(import.meta.dirname, 'podsEntry.ts'), [etcdEndpoint, String(pods)]);
    const registered = new PodsProcess(child);
    await registered.#reply('ready');
    return registered;
  }

  async send(command: PodsCommand): Promise<PodsReply> {
    this.#process.send(command);
    return this.#reply(command);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  #reply(command: PodsReply['command']): Promise<PodsReply> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('the process of the pods has ended'));
      const onMessage = (message: unknown) => {
        const reply = message as PodsReply;
        if (reply.command !== command) return;
        this.#process.off('exit', onExit);
        this.#process.off('message', onMessage);
        resolve(reply);
      };
      this.#process.on('exit', onExit);
      this.#process.on('message', onMessage);
    });
  }
}
