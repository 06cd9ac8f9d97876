import { stateCodecs } from '../stateCodecs.ts';
import { judgeAddress, judgeName, judgeNumber, mostInFlight } from './fields.ts';

/** What one instance holds of one pod by its responses. */
export interface PodSignal {
  /** Recent failures that the instance has observed itself. */
  readonly failures: number;
  /** Of its quarantine, at the time of the write; 0: the instance has found none. */
  readonly remainingMs: number;
  /** How often the time of the quarantine was doubled. */
  readonly level: number;
  /** As given: a newer release may have others. */
  readonly reason: string;
  readonly isOnTrial: boolean;
  /** By what the instance has observed itself. */
  readonly isSuspected: boolean;
  /** Each change stands for one exchange that ended early, which is unusual. */
  readonly earlyEnds: number;
}

/** @param pods by address */
export function encodePodSignals(pods: ReadonlyMap<string, PodSignal>): Uint8Array {
  return stateCodecs.podSignalReport.encode({
    pods: [...pods].map(([address, signal]) => ({
      address,
      failures: signal.failures,
      remaining_ms: signal.remainingMs,
      level: signal.level,
      reason: signal.reason,
      on_trial: signal.isOnTrial,
      suspected: signal.isSuspected,
      early_ends: signal.earlyEnds,
    })),
  });
}

/**
 * @returns by address
 * @throws Error when the bytes are not such a record, or a field of it is absurd
 */
export function decodePodSignals(value: Uint8Array): ReadonlyMap<string, PodSignal> {
  const { pods } = stateCodecs.podSignalReport.decode(value);
  return new Map(
    pods.map((pod) => [
      judgeAddress('address', pod.address),
      {
        failures: judgeNumber('failures', pod.failures, mostInFlight),
        remainingMs: pod.remaining_ms,
        level: pod.level,
        reason: judgeName('reason', pod.reason),
        isOnTrial: pod.on_trial,
        isSuspected: pod.suspected,
        earlyEnds: pod.early_ends,
      },
    ]),
  );
}
