import { stateCodecs } from '../stateCodecs.ts';
import { judgeDate, judgeList, judgeName, judgeNote } from './fields.ts';

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

/** There are six dynamic settings; newer releases may have more. */
const mostSettings = 256;

/** @throws Error when the bytes are not such a record, or a field of it is absurd */
export function decodeDynamicConfig(value: Uint8Array): DynamicConfigRecord {
  const { settings, reason, set_unix_ms } = stateCodecs.dynamicConfig.decode(value);
  const entries = judgeList('settings', Object.entries(settings), mostSettings);
  return {
    settings: new Map(
      entries.map(([path, text]) => [judgeName('settings', path), judgeNote('settings', text)] as const),
    ),
    reason: judgeNote('reason', reason),
    setUnixMs: judgeDate('set_unix_ms', set_unix_ms),
  };
}
