import { credentials } from '@grpc/grpc-js';
import { Health } from '../proto/clients.ts';

export interface ProbeOptions {
  /** `host:port` of the ext_proc port. */
  readonly address: string;
  /** `""`, `readiness`, `liveness` or the ext_proc service. */
  readonly service: string;
  readonly timeoutMs: number;
}

/**
 * Asks a scheduler for its health, as an orchestrator's gRPC probe does, and says what it answered.
 *
 * @returns 0 when it is SERVING, 1 when it answers anything else, 2 when it does not answer
 */
export function probe({ address, service, timeoutMs }: ProbeOptions): Promise<number> {
  const client = new Health(address, credentials.createInsecure());
  return new Promise((resolve) => {
    client.check({ service }, { deadline: Date.now() + timeoutMs }, (problem, answer) => {
      client.close();
      if (answer !== undefined) {
        process.stdout.write(`${answer.status ?? 'UNKNOWN'}\n`);
        resolve(answer.status === 'SERVING' ? 0 : 1);
      } else {
        process.stderr.write(`baton probe: ${address} does not answer: ${problem?.details}\n`);
        resolve(2);
      }
    });
  });
}
