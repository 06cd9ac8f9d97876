import { stateCodecs } from '../stateCodecs.ts';
import { judgeDate, judgeNote, judgeNumber } from './fields.ts';

/** The generation that an operator pinned, as etcd has it; it stays until it is released. */
export interface PinnedGeneration {
  readonly generation: number;
  /** For people. */
  readonly reason: string;
  readonly setUnixMs: number;
}

export function encodePinnedGeneration({ generation, reason, setUnixMs }: PinnedGeneration): Uint8Array {
  return stateCodecs.pinnedGeneration.encode({
    pinned_generation: generation,
    reason,
    set_unix_ms: setUnixMs,
  });
}

/**
 * @returns undefined when the record pins nothing
 * @throws Error when the bytes are not such a record, or a field of it is absurd
 */
export function decodePinnedGeneration(value: Uint8Array): PinnedGeneration | undefined {
  const { pinned_generation, reason, set_unix_ms } = stateCodecs.pinnedGeneration.decode(value);
  if (pinned_generation === undefined) return undefined;
  return {
    generation: judgeNumber('pinned_generation', pinned_generation),
    reason: judgeNote('reason', reason),
    setUnixMs: judgeDate('set_unix_ms', set_unix_ms),
  };
}
