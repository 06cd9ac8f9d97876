import { credentials } from '@grpc/grpc-js';
import { Health } from '../src/proto/clients.ts';

/** Whether the health service at `ip:port` answers SERVING. */
export function isServing(address: string): Promise<boolean> {
  // A channel of its own: the shared one would wait a second after the first refused connection.
  const client = new Health(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  return new Promise((resolve) => {
    client.check({ service: '' }, { deadline: Date.now() + 1_000 }, (_problem, answer) => {
      client.close();
      resolve(answer?.status === 'SERVING');
    });
  });
}
