import type { RecordListener } from '../etcd/records.ts';
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

/** Follows the record `target`. */
export class TargetRecord implements RecordListener {
  #target: Target | undefined;
  readonly #onChange: (target: Target | undefined) => void;
  readonly #onUnreadable: (key: string, cause: unknown) => void;

  constructor(options: {
    onChange: (target: Target | undefined) => void;
    onUnreadable: (key: string, cause: unknown) => void;
  }) {
    this.#onChange = options.onChange;
    this.#onUnreadable = options.onUnreadable;
  }

  get target(): Target | undefined {
    return this.#target;
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    const value = records.get('');
    if (value === undefined) this.#changeTo(undefined);
    else this.onPut('', value);
  }

  onPut(key: string, value: Uint8Array): void {
    // Keys that only begin like it are somebody else's.
    if (key !== '') return;
    let target: Target | undefined;
    try {
      target = decodeTarget(value);
    } catch (cause) {
      // The last word that could be read stays in force.
      this.#onUnreadable(targetKey, cause);
      return;
    }
    this.#changeTo(target);
  }

  onDelete(key: string): void {
    if (key === '') this.#changeTo(undefined);
  }

  #changeTo(target: Target | undefined): void {
    const before = this.#target;
    this.#target = target;
    // Every join reads it again; it is news only when it differs.
    if (target?.pinnedGeneration !== before?.pinnedGeneration || target?.setUnixMs !== before?.setUnixMs) {
      this.#onChange(target);
    }
  }
}
