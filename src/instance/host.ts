import { listenOn } from '../extproc/listenOn.ts';
import type { GrpcServer } from '../grpc/grpcServer.ts';
import type { Phase } from '../phase.ts';
import type { StopSignals } from './stopSignals.ts';

/**
 * Where an instance runs: where its clients come from, and who stops it. A standalone instance
 * listens and obeys signals; a worker gets connections and messages from its parent
 * (workers/workerHost.ts).
 */
export interface Host {
  /**
   * Lets clients connect to the server. Returns the address that they use.
   * @throws BatonError `listen-failed`
   */
  open(server: GrpcServer): Promise<string>;
  /** Aborts when the instance must drain; the reason is text. */
  readonly drain: AbortSignal;
  /** An operator asked for it: aborts `drain`, of all instances that share the port. */
  requestDrain(reason: string): void;
  /** Aborts when the drain must end. */
  readonly forceStop: AbortSignal;
  /** The health of the port, where several instances share it. */
  readonly portHealth: PortHealth | undefined;
  reportPhase(phase: Phase): void;
  /** Calls back for each signal that changes nothing. */
  onIgnoredSignal(listener: (name: string) => void): void;
}

export interface PortHealth {
  takesTraffic(): boolean;
  isFit(): boolean;
  onChange(listener: () => void): void;
}

/** An instance with a port of its own. */
export class StandaloneHost implements Host {
  readonly portHealth = undefined;
  readonly drain: AbortSignal;
  readonly forceStop: AbortSignal;
  readonly #address: string;
  readonly #signals: StopSignals;

  constructor(address: string, signals: StopSignals) {
    this.#address = address;
    this.#signals = signals;
    this.drain = signals.drain;
    this.forceStop = signals.forceStop;
  }

  open(server: GrpcServer): Promise<string> {
    return listenOn(server, this.#address);
  }

  requestDrain(reason: string): void {
    this.#signals.requestDrain(reason);
  }

  reportPhase(): void {}

  onIgnoredSignal(listener: (name: string) => void): void {
    this.#signals.onIgnored(listener);
  }
}
