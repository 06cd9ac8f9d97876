import { credentials } from '@grpc/grpc-js';
import { Health } from './clients.ts';

export interface HealthCheckOptions {
  /** `host:port` of the gRPC port. */
  readonly address: string;
  /** `""`, `readiness`, `liveness` or the ext_proc service. */
  readonly service: string;
  readonly timeoutMs: number;
  /** Whom to trust (PEM); without it the connection is plain text. */
  readonly ca?: Buffer;
  /** The name in the server's certificate, when it is not that of the address. */
  readonly serverName?: string;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export type HealthCheckResult =
  | { readonly kind: 'status'; readonly status: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** One call of `grpc.health.v1.Health/Check`. */
export function checkHealth(options: HealthCheckOptions): Promise<HealthCheckResult> {
  const { address, service, timeoutMs, ca, cert, key, serverName: name } = options;
  const channel = ca ? credentials.createSsl(ca, key, cert) : credentials.createInsecure();
  const client = new Health(address, channel, {
    ...(name ? { 'grpc.ssl_target_name_override': name } : {}),
    // A probe of this machine must not leave it by a proxy that the environment names.
    'grpc.enable_http_proxy': 0,
  });
  return new Promise((resolve) => {
    client.check({ service }, { deadline: Date.now() + timeoutMs }, (error, response) => {
      client.close();
      if (response === undefined) resolve({ kind: 'unreachable', reason: error?.details ?? 'no response' });
      else resolve({ kind: 'status', status: String(response.status ?? 'UNKNOWN') });
    });
  });
}
