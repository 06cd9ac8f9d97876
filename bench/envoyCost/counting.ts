import { once } from 'node:events';
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';
import type { Baton } from '../../tools/testbed/baton.ts';
import { until } from '../../tools/testbed/until.ts';
import { runLoad } from '../kit.ts';

const held = 30;
const left = 10;

/**
 * Whether the scheduler counts the requests in flight: checked while responses are open, after some
 * clients have left, after all have, and after a load with every tenth request aborted.
 */
export async function countsExactly(envoyPort: number, baton: Baton): Promise<boolean> {
  const agent = new Agent({ keepAlive: false });
  const requests: ClientRequest[] = [];
  try {
    await counted(baton, 0);
    for (let nth = 0; nth < held; nth += 1) {
      const request = get({ host: '127.0.0.1', port: envoyPort, path: '/hold', agent });
      request.on('error', () => {});
      requests.push(request);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.on('error', () => {});
      response.resume();
    }
    await counted(baton, held);
    for (const request of requests.slice(0, left)) request.destroy();
    await counted(baton, held - left);
    for (const request of requests) request.destroy();
    await counted(baton, 0);
    await runLoad(envoyPort, { seconds: 10, requests: 2_000, 'abort-every': 10 });
    await counted(baton, 0);
    return true;
  } catch (error) {
    if (error instanceof Miscount) return false;
    throw error;
  } finally {
    for (const request of requests) request.destroy();
    agent.destroy();
  }
}

class Miscount extends Error {
  override readonly name = 'Miscount';
}

/** @throws Miscount when the counts differ */
async function counted(baton: Baton, count: number): Promise<void> {
  const agrees = async () => {
    const { pool } = await baton.state();
    return pool.reduce((sum, { local: own }) => sum + own, 0) === count;
  };
  try {
    await until(agrees, { what: `a count of ${count}`, timeoutMs: 3_000 });
  } catch (cause) {
    throw new Miscount(`Baton never counted ${count}`, { cause });
  }
}
