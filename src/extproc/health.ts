import type { HealthCheckResponse } from '../proto/generated/edge/grpc/health/v1/HealthCheckResponse.ts';
import { externalProcessorName } from './names.ts';

/** Who asks, and what for. */
export interface HealthPredicates {
  /** Envoy: does this instance take new traffic? */
  readonly takesTraffic: () => boolean;
  /** An orchestrator: is it fit to, now or when steering says so? */
  readonly isFit: () => boolean;
}

type Status = NonNullable<HealthCheckResponse['status']>;

/**
 * The answers of the gRPC health service (grpc.health.v1, "GRPC Health Checking Protocol"), by service name:
 * `""` and the ext_proc service for Envoy, `readiness` and `liveness` for an orchestrator. Knows nothing of
 * the wire.
 */
export class HealthStatus {
  readonly #answers: ReadonlyMap<string, () => boolean>;
  readonly #watchers = new Set<() => void>();

  constructor({ takesTraffic, isFit }: HealthPredicates) {
    this.#answers = new Map([
      ['', takesTraffic],
      [externalProcessorName, takesTraffic],
      ['readiness', isFit],
      // Whoever can answer is alive.
      ['liveness', () => true],
    ]);
  }

  get services(): Iterable<string> {
    return this.#answers.keys();
  }

  /** undefined when there is no such service. */
  statusOf(service: string): Status | undefined {
    const answer = this.#answers.get(service);
    if (answer === undefined) return undefined;
    return answer() ? 'SERVING' : 'NOT_SERVING';
  }

  /**
   * Tells the status now and after each change; a service that does not exist is SERVICE_UNKNOWN.
   * Answers a function that ends it.
   */
  watch(service: string, tell: (status: Status) => void): () => void {
    let told: Status | undefined;
    const look = (): void => {
      const status = this.statusOf(service) ?? 'SERVICE_UNKNOWN';
      if (status === told) return;
      told = status;
      tell(status);
    };
    this.#watchers.add(look);
    look();
    return () => this.#watchers.delete(look);
  }

  /** Something the answers depend on changed. */
  changed(): void {
    for (const look of this.#watchers) look();
  }
}
