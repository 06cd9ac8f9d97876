import { credentials } from '@grpc/grpc-js';
import type { InstanceState } from '../../src/admin/state.ts';
import { Health } from '../../src/proto/clients.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { httpGetJson } from '../../tools/testbed/httpGet.ts';
import { eventually } from './eventually.ts';

/** An instance that is a group of workers: its parent's process is the instance's, its first worker's admin port too. */

/** What each worker tells on its admin port. @throws Error when one does not answer. */
export function workerStates({ adminUrl }: Baton, count: number): Promise<InstanceState[]> {
  const first = Number(new URL(adminUrl).port);
  const urls = Array.from({ length: count }, (_, index) => `http://127.0.0.1:${first + index}/state`);
  return Promise.all(urls.map(async (url) => (await httpGetJson(url)) as InstanceState));
}

/** The workers' processes, by place, as the parent told of them last. */
export function workerPids({ process }: Baton): ReadonlyMap<number, number> {
  const started = process.output.lines().filter((line) => line.includes('"worker started"'));
  return new Map(
    started.map((line) => {
      const { worker, pid } = JSON.parse(line) as { worker: number; pid: number };
      return [worker, pid];
    }),
  );
}

/** Waits until each of so many workers takes traffic and has streams open. */
export async function allHaveStreams(instance: Baton, count: number): Promise<void> {
  await eventually(
    async () => {
      for (const { instance: worker, streams } of await workerStates(instance, count)) {
        expect(worker.phase).toBe('ready');
        expect(streams.open).toBeGreaterThan(0);
      }
    },
    { timeoutMs: 30_000 },
  );
}

/** Waits until all of so many workers know of exactly so many requests in flight, all of the same ones. */
export async function allSee(instance: Baton, count: number, inFlight: number): Promise<void> {
  await eventually(
    async () => {
      const views = (await workerStates(instance, count)).map(({ pool }) => pool.map(({ view }) => view));
      for (const view of views) expect(view).toEqual(views[0]);
      expect(views[0]?.reduce((sum, counted) => sum + counted, 0)).toBe(inFlight);
    },
    { timeoutMs: 30_000 },
  );
}

/** What the port answers to a health check on a connection of its own; undefined when it does not answer. */
export function healthAnswer({ address }: Baton): Promise<string | undefined> {
  // A pool of its own: otherwise clients of one address share a connection.
  const client = new Health(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  return new Promise((resolve) => {
    client.check({ service: '' }, { deadline: Date.now() + 5_000 }, (_, answer) => {
      client.close();
      resolve(answer?.status);
    });
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
