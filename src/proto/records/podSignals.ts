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
}

/** @param pods by address */
export function encodePodSignals(pods: ReadonlyMap<string, PodSignal>): Uint8Array {
  return stateCodecs.podSignalReport.encode({
    pods: [...pods].map(([address, { failures, remainingMs, level, reason, isOnTrial }]) => {
      return { address, failures, remaining_ms: remainingMs, level, reason, on_trial: isOnTrial };
    }),
  });
}

/**
 * @returns by address
 * @throws Error when the bytes are not such a record, or a field of it is absurd
 */
export function decodePodSignals(value: Uint8Array): ReadonlyMap<string, PodSignal> {
  const { pods } = stateCodecs.podSignalReport.decode(value);
  return new Map(
    pods.map(({ address, failures, remaining_ms, level, reason, on_trial }) => [
      judgeAddress('address', address),
      {
        failures: judgeNumber('failures', failures, mostInFlight),
        remainingMs: remaining_ms,
        level,
        reason: judgeName('reason', reason),
        isOnTrial: on_trial,
      },
    ]),
  );
}
