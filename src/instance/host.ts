import { listenOn } from '../extproc/listenOn.ts';
import type { GrpcServer } from '../grpc/grpcServer.ts';
import type { Phase } from '../phase.ts';

/**
 * What an instance has from outside: its clients, and the word to stop. One that is alone listens and obeys
 * signals (below); a worker has both from its parent (workers/workerStation.ts).
 */
export interface Host {
  /** Lets clients come to it; answers where they do. @throws BatonError `listen-failed` */
  open(transport: GrpcServer): Promise<string>;
  /** Aborted when the instance is to drain, */
  readonly drain: AbortSignal;
  /** and when it is to end its drain. */
  readonly forceStop: AbortSignal;
  /** What the port says of its health, where that is not this instance's alone. */
  readonly portHealth: PortHealth | undefined;
  reportPhase(phase: Phase): void;
}

export interface PortHealth {
  takesTraffic(): boolean;
  isFit(): boolean;
  onChange(listener: () => void): void;
}

/** An instance that has its port for itself. */
export class StandaloneHost implements Host {
  readonly portHealth = undefined;
  readonly #address: string;
  readonly #first = new AbortController();
  readonly #second = new AbortController();

  constructor(address: string) {
    this.#address = address;
    const onSignal = (): void => (this.drain.aborted ? this.#second.abort() : this.#first.abort());
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  }

  get drain(): AbortSignal {
    return this.#first.signal;
  }

  get forceStop(): AbortSignal {
    return this.#second.signal;
  }

  open(transport: GrpcServer): Promise<string> {
    return listenOn(transport, this.#address);
  }

  reportPhase(): void {}
}
