import { stateCodecs } from '../../proto/stateCodecs.ts';

/** The key of the dynamic configuration, relative to the pool. */
export const dynamicConfigKey = 'config';

/** The dynamic configuration as the store has it, not judged; it stays until it is taken back. */
export interface DynamicConfigRecord {
  /** Texts by dotted name. */
  readonly settings: ReadonlyMap<string, string>;
  /** Of the last change, for people. */
  readonly reason: string;
  readonly setUnixMs: number;
}

export function encodeDynamicConfig({ settings, reason, setUnixMs }: DynamicConfigRecord): Uint8Array {
  return stateCodecs.dynamicConfig.encode({
    settings: Object.fromEntries(settings),
    reason,
    set_unix_ms: setUnixMs,
  });
}

/** @throws Error when the bytes are not such a record */
export function decodeDynamicConfig(value: Uint8Array): DynamicConfigRecord {
  const { settings, reason, set_unix_ms: setUnixMs } = stateCodecs.dynamicConfig.decode(value);
  return { settings: new Map(Object.entries(settings)), reason, setUnixMs };
}
