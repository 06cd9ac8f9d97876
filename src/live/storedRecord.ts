import type { EtcdClient } from '../etcd/client.ts';
import { decodeLiveRecord, encodeLiveRecord, type LiveRecord, liveConfigKey } from './liveRecord.ts';

/** The record as it was read, and what says whether it is still the same. */
export interface StoredRecord {
  /** undefined: there is none. */
  readonly record: LiveRecord | undefined;
  /** 0: there is none. */
  readonly revision: number;
}

/** @throws UnreadableRecord, or etcd3's error when etcd does not answer */
export async function readStored(client: EtcdClient): Promise<StoredRecord> {
  const { kvs } = await client.keys.get(liveConfigKey).exec();
  const [stored] = kvs;
  if (stored === undefined) return { record: undefined, revision: 0 };
  try {
    return { record: decodeLiveRecord(stored.value), revision: Number(stored.mod_revision) };
  } catch (cause) {
    throw new UnreadableRecord('the live configuration in the store cannot be read', { cause });
  }
}

export class UnreadableRecord extends Error {}

/**
 * Replaces the record that was read; without settings there is none afterwards. Of two people who change it at
 * once one is refused, so that nobody's change is lost unseen.
 *
 * @returns false when somebody else has changed it since
 */
export async function replaceStored(
  client: EtcdClient,
  { revision }: StoredRecord,
  record: LiveRecord,
): Promise<boolean> {
  const change =
    record.settings.size === 0
      ? client.keys.delete().key(liveConfigKey)
      : client.keys.put(liveConfigKey).value(Buffer.from(encodeLiveRecord(record)));
  const { succeeded } = await client.keys.if(liveConfigKey, 'Mod', '==', revision).then(change).commit();
  return succeeded;
}
