import { credentials } from '@grpc/grpc-js';
import { Health } from '../proto/clients.ts';

/** What TLS takes (PEM). */
export interface ProbeTls {
  /** Whom to trust; without it the question goes in plain text. */
  readonly ca?: Buffer;
  /** The name in the scheduler's certificate, when it is not that of the address. */
  readonly serverName?: string;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface ProbeOptions extends ProbeTls {
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
export function probe({ address, service, timeoutMs, ...tls }: ProbeOptions): Promise<number> {
  const { ca, cert, key, serverName: name } = tls;
  const channel = ca ? credentials.createSsl(ca, key, cert) : credentials.createInsecure();
  const client = new Health(address, channel, name ? { 'grpc.ssl_target_name_override': name } : {});
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
