import { HealthService } from '../extproc/healthService.ts';
import { type HealthPredicates, HealthStatus } from '../extproc/healthStatus.ts';
import { listenOn } from '../extproc/listenOn.ts';
import type { OnUnexpectedError } from '../grpc/containErrors.ts';
import type { GrpcServer } from '../grpc/grpcServer.ts';
import { type GrpcServerKind, openGrpcServer } from '../grpc/openGrpcServer.ts';

export interface HealthPortOptions extends HealthPredicates {
  /** `host:port`, or `off`. */
  readonly address: string;
  readonly transport: GrpcServerKind;
  /** Called for each check that arrives, before a predicate is read. */
  readonly onCheckArrived: () => void;
  readonly onUnexpectedError: OnUnexpectedError;
}

/** A probe is one small call, and anybody in the network of the pods may reach the port. */
const limits = {
  streams: 20,
  headerBytes: 8_192,
  resetsPerSecond: 50,
  controlFramesPerSecond: 50,
  emptyFramesPerSecond: 50,
};
const totalLimits = { connections: 64, bufferBytes: 1_048_576 };
const maxMessageBytes = 1_024;
/** How long clients may take to leave. */
const closeTimeoutMs = 200;

/**
 * The second port for gRPC health (`server.healthAddress`), or none: in plain text, for the probes
 * of orchestrators, which speak no TLS. What is asked here is no sign of a proxy.
 */
export class HealthPort {
  readonly #address: string;
  readonly #health: HealthStatus;
  readonly #server: GrpcServer;
  #bound: string | undefined;

  constructor({ address, transport, onUnexpectedError, ...predicates }: HealthPortOptions) {
    this.#address = address;
    this.#health = new HealthStatus(predicates);
    const service = new HealthService(this.#health);
    this.#server = openGrpcServer(transport, {
      handlers: service.handlers,
      maxMessageBytes,
      limits,
      totalLimits,
      onClosing: () => service.endWatches(),
      onUnexpectedError,
    });
  }

  /** The address that is bound; undefined while there is none. */
  get address(): string | undefined {
    return this.#bound;
  }

  /** @throws BatonError `listen-failed` */
  async open(): Promise<void> {
    if (this.#address !== 'off') this.#bound = await listenOn(this.#server, this.#address);
  }

  /** To be called when a predicate may have changed. */
  changed(): void {
    this.#health.changed();
  }

  async close(): Promise<void> {
    if (this.#bound === undefined) return;
    this.#bound = undefined;
    await this.#server.close(closeTimeoutMs);
  }
}
