import { credentials } from '@grpc/grpc-js';
import type { InstanceState } from '../../src/admin/state.ts';
import { Health } from '../../src/proto/clients.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { httpGetJson } from '../../tools/testbed/httpGet.ts';
import { eventually } from './eventually.ts';
import { logLines } from './logLines.ts';

/**
 * Here a Baton is a group of workers: its process is the parent, its admin port is the first
 * worker's.
 */

/** The state of each worker. @throws Error when one does not answer */
export function workerStates({ adminUrl }: Baton, count: number): Promise<InstanceState[]> {
  const first = Number(new URL(adminUrl).port);
  const urls = Array.from({ length: count }, (_, index) => `http://127.0.0.1:${first + index}/state`);
  return Promise.all(urls.map(async (url) => (await httpGetJson(url)) as InstanceState));
}

/** The process ids of the workers by number, as the parent logged them last. */
export function workerPids(group: Baton): ReadonlyMap<number, number> {
  const started = logLines(group, 'worker.started') as { worker: number; pid: number }[];
  return new Map(started.map(({ worker, pid }) => [worker, pid]));
}

/** Waits until each of `count` workers is ready and has open streams. */
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

/** Waits until `count` workers have the same view, with `inFlight` requests in it. */
export async function allCount(instance: Baton, count: number, inFlight: number): Promise<void> {
  await eventually(
    async () => {
      const views = (await workerStates(instance, count)).map(({ pool }) => pool.map(({ view }) => view));
      for (const view of views) expect(view).toEqual(views[0]);
      expect(views[0]?.reduce((sum, counted) => sum + counted, 0)).toBe(inFlight);
    },
    { timeoutMs: 30_000 },
  );
}

/**
 * The status that the port returns to a health check on a new connection; undefined when there is
 * no answer.
 */
export function healthStatus({ address }: Baton): Promise<string | undefined> {
  // By default grpc-js shares one connection among clients of one address.
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
