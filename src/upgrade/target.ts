import { stateCodecs } from '../proto/stateCodecs.ts';

/** The key of the operator's word, relative to the pool. */
export const targetKey = 'target';

/** The operator's word on who takes the traffic, as the store has it; it stays until it is taken back. */
export interface Target {
  readonly pinnedGeneration: number;
  /** For people. */
  readonly reason: string;
  readonly setUnixMs: number;
}

export function encodeTarget({ pinnedGeneration, reason, setUnixMs }: Target): Uint8Array {
  return stateCodecs.target.encode({ pinned_generation: pinnedGeneration, reason, set_unix_ms: setUnixMs });
}

/** @returns undefined when the record pins nothing
 *  @throws Error when the bytes are not such a record */
export function decodeTarget(value: Uint8Array): Target | undefined {
  const {
    pinned_generation: pinnedGeneration,
    reason,
    set_unix_ms: setUnixMs,
  } = stateCodecs.target.decode(value);
  return pinnedGeneration === undefined ? undefined : { pinnedGeneration, reason, setUnixMs };
}
