import { stateCodecs } from '../proto/stateCodecs.ts';

/** The key of the live configuration, relative to the pool. */
export const liveConfigKey = 'config';

/** The live configuration as the store has it, not judged; it stays until it is taken back. */
export interface LiveRecord {
  /** Texts by dotted name. */
  readonly settings: ReadonlyMap<string, string>;
  /** Of the last change, for people. */
  readonly reason: string;
  readonly setUnixMs: number;
}

export function encodeLiveRecord({ settings, reason, setUnixMs }: LiveRecord): Uint8Array {
  return stateCodecs.liveConfig.encode({
    settings: Object.fromEntries(settings),
    reason,
    set_unix_ms: setUnixMs,
  });
}

/** @throws Error when the bytes are not such a record */
export function decodeLiveRecord(value: Uint8Array): LiveRecord {
  const { settings, reason, set_unix_ms: setUnixMs } = stateCodecs.liveConfig.decode(value);
  return { settings: new Map(Object.entries(settings)), reason, setUnixMs };
}
