import { credentials } from '@grpc/grpc-js';
import { Health } from '../src/proto/clients.ts';

/** Whether the scheduler at `ip:port` says so. */
export function isServing(address: string): Promise<boolean> {
  // A pool of its own: the common one would wait a second after the first refused connection.
  const client = new Health(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  return new Promise((resolve) => {
    client.check({ service: '' }, { deadline: Date.now() + 1_000 }, (_problem, answer) => {
      client.close();
      resolve(answer?.status === 'SERVING');
    });
  });
}
