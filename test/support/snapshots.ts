import type { RecordListener, RecordRules } from '../../src/etcd/records.ts';

/** Delivers these records as a snapshot. */
export function giveSnapshot(
  listener: Pick<RecordListener, 'beginSnapshot'>,
  records: ReadonlyMap<string, Uint8Array>,
): void {
  const snapshot = listener.beginSnapshot();
  for (const [key, value] of records) snapshot.put(key, value);
  snapshot.finish();
}

/** Rules that exclude no record that a test writes. */
export const anyRecords: RecordRules = {
  mustHaveLease: false,
  valueBytes: 16 * 1024 * 1024,
  records: 1_000_000,
  keptBytes: 1024 * 1024 * 1024,
};
