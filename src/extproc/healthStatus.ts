import type { HealthCheckResponse } from '../proto/generated/edge/grpc/health/v1/HealthCheckResponse.ts';
import { externalProcessorName } from './names.ts';

/** What decides the status of the services. Both only read. */
export interface HealthPredicates {
  /** For Envoy: does this instance take new traffic? */
  readonly takesTraffic: () => boolean;
  /** For an orchestrator: can this instance take traffic, now or when steering selects it? */
  readonly isFit: () => boolean;
}

export interface HealthStatusOptions extends HealthPredicates {
  /**
   * Called for each check that arrives, before a predicate is read.
   * @param isProxys the check is for a service that proxies check, not orchestrators
   */
  readonly onCheckArrived: (isProxys: boolean) => void;
}

export type ServingStatus = NonNullable<HealthCheckResponse['status']>;

/**
 * The status of each service of the gRPC health protocol (grpc.health.v1): `""` and the ext_proc
 * service for Envoy, `inference-extension` for charts of endpoint pickers, `readiness` and
 * `liveness` for an orchestrator. The wire format is in healthService.ts.
 */
export class HealthStatus {
  readonly #predicates: ReadonlyMap<string, () => boolean>;
  readonly #onCheckArrived: HealthStatusOptions['onCheckArrived'];
  readonly #watchers = new Set<() => void>();

  constructor({ takesTraffic, isFit, onCheckArrived }: HealthStatusOptions) {
    this.#onCheckArrived = onCheckArrived;
    this.#predicates = new Map([
      ['', takesTraffic],
      [externalProcessorName, takesTraffic],
      ['inference-extension', takesTraffic],
      ['readiness', isFit],
      ['liveness', () => true],
    ]);
  }

  /** Returns undefined for an unknown service. */
  check(service: string): ServingStatus | undefined {
    this.#onCheckArrived(isProxys(service));
    return this.#statusOf(service);
  }

  /** The status of every service, by name. */
  list(): ReadonlyMap<string, ServingStatus> {
    this.#onCheckArrived(false);
    const statuses = new Map<string, ServingStatus>();
    for (const [service, predicate] of this.#predicates) statuses.set(service, servingStatus(predicate));
    return statuses;
  }

  /**
   * Reports the status at once and after each change. An unknown service is SERVICE_UNKNOWN.
   *
   * @returns a function that ends the watch
   */
  watch(service: string, onStatus: (status: ServingStatus) => void): () => void {
    let reported: ServingStatus | undefined;
    const report = (): void => {
      const status = this.#statusOf(service) ?? 'SERVICE_UNKNOWN';
      if (status === reported) return;
      reported = status;
      onStatus(status);
    };
    this.#onCheckArrived(isProxys(service));
    this.#watchers.add(report);
    report();
    return () => this.#watchers.delete(report);
  }

  /** To be called when a predicate may have changed. */
  changed(): void {
    for (const report of this.#watchers) report();
  }

  #statusOf(service: string): ServingStatus | undefined {
    const predicate = this.#predicates.get(service);
    return predicate && servingStatus(predicate);
  }
}

function isProxys(service: string): boolean {
  return service === '' || service === externalProcessorName;
}

function servingStatus(predicate: () => boolean): ServingStatus {
  return predicate() ? 'SERVING' : 'NOT_SERVING';
}
