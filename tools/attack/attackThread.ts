import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { AttackTarget } from './attack.ts';
import { AttackClients, type ConnectionCounts } from './attackClients.ts';
import { attacks } from './attacks/index.ts';

/** The attacks run in a thread of their own, where they hold up no other part of this process. */
interface AttackOrder {
  readonly name: string;
  readonly target: AttackTarget;
  readonly size: number;
}

export interface AttackOutcome extends ConnectionCounts {
  /** What the instance did and should not; empty if nothing. */
  readonly problem: string;
}

type ToThread = AttackOrder | 'stop';
type FromThread = AttackOutcome | 'started';

export class AttackThread {
  readonly #worker = new Worker(new URL(import.meta.url), { workerData: { attackThread: true } });

  /** Resolves when the attack has reached its target, or failed. One runs at a time. */
  async start(order: AttackOrder): Promise<void> {
    this.#worker.postMessage(order satisfies ToThread);
    await once(this.#worker, 'message');
  }

  /** Ends the attack; resolves when all its connections are closed. */
  async stop(): Promise<AttackOutcome> {
    this.#worker.postMessage('stop' satisfies ToThread);
    const [outcome] = await once(this.#worker, 'message');
    return outcome as AttackOutcome;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

function serve(port: NonNullable<typeof parentPort>): void {
  const post = (message: FromThread): void => port.postMessage(message);
  let ending = new AbortController();
  port.on('message', async (message: ToThread) => {
    if (message === 'stop') return ending.abort();
    ending = new AbortController();
    const clients = new AttackClients(message.target.address, message.size, ending.signal);
    const running = run(message, clients);
    await Promise.race([clients.begun, running]);
    post('started');
    post(await outcome(running, clients));
  });
}

/** @returns what the instance did and should not; empty if nothing */
async function run({ name, target, size }: AttackOrder, clients: AttackClients): Promise<string> {
  const attack = attacks.find((each) => each.name === name);
  if (attack === undefined) return `there is no attack "${name}"`;
  try {
    await attack.run({ ...target, clients, size });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

async function outcome(running: Promise<string>, clients: AttackClients): Promise<AttackOutcome> {
  const problem = await running;
  await clients.ended();
  const { counts } = clients;
  clients.close();
  return { ...counts, problem };
}

if (parentPort !== null && workerData?.attackThread === true) serve(parentPort);
