import { stateCodecs } from '../proto/stateCodecs.ts';

/** The key of the operator's word, relative to the pool. */
export const pinnedGenerationKey = 'target';

/** The operator's word on who takes the traffic, as the store has it; it stays until it is taken back. */
export interface PinnedGeneration {
  readonly generation: number;
  /** For people. */
  readonly reason: string;
  readonly setUnixMs: number;
}

export function encodePinnedGeneration({
  generation: pinnedGeneration,
  reason,
  setUnixMs,
}: PinnedGeneration): Uint8Array {
  return stateCodecs.pinnedGeneration.encode({
    pinned_generation: pinnedGeneration,
    reason,
    set_unix_ms: setUnixMs,
  });
}

/** @returns undefined when the record pins nothing
 *  @throws Error when the bytes are not such a record */
export function decodePinnedGeneration(value: Uint8Array): PinnedGeneration | undefined {
  const {
    pinned_generation: pinnedGeneration,
    reason,
    set_unix_ms: setUnixMs,
  } = stateCodecs.pinnedGeneration.decode(value);
  return pinnedGeneration === undefined ? undefined : { generation: pinnedGeneration, reason, setUnixMs };
}
