import { stateCodecs } from '../stateCodecs.ts';

/** The dynamic configuration as etcd has it, not validated; it stays until it is cleared. */
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
  const { settings, reason, set_unix_ms } = stateCodecs.dynamicConfig.decode(value);
  return { settings: new Map(Object.entries(settings)), reason, setUnixMs: set_unix_ms };
}
