import { BatonError } from '../errors.ts';
import type { EtcdClient } from '../etcd/client.ts';
import {
  type DynamicConfigRecord,
  decodeDynamicConfig,
  encodeDynamicConfig,
} from '../proto/records/dynamicConfigRecord.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';

/** The record, and its revision for a compare-and-swap. */
export interface StoredDynamicConfig {
  /** undefined: there is none. */
  readonly record: DynamicConfigRecord | undefined;
  /** 0: there is none. */
  readonly revision: number;
}

/** @throws BatonError `record-unreadable`, or etcd3's error when etcd does not answer */
export async function readStoredConfig(client: EtcdClient): Promise<StoredDynamicConfig> {
  const { kvs } = await client.keys.get(recordKeys.dynamicConfig).exec();
  const [stored] = kvs;
  if (stored === undefined) return { record: undefined, revision: 0 };
  try {
    return { record: decodeDynamicConfig(stored.value), revision: Number(stored.mod_revision) };
  } catch (cause) {
    const message = 'the dynamic configuration in etcd cannot be read; "baton dynamic clear" removes it';
    throw new BatonError('record-unreadable', message, { cause });
  }
}

/**
 * Replaces the record that was read, or deletes it when there are no settings. When two operators
 * change it at the same time, one of them fails, so that no change is lost.
 *
 * @returns false when the record has changed since it was read
 */
export async function replaceStoredConfig(
  client: EtcdClient,
  { revision }: StoredDynamicConfig,
  record: DynamicConfigRecord,
): Promise<boolean> {
  const change =
    record.settings.size === 0
      ? client.keys.delete().key(recordKeys.dynamicConfig)
      : client.keys.put(recordKeys.dynamicConfig).value(Buffer.from(encodeDynamicConfig(record)));
  const { succeeded } = await client.keys
    .if(recordKeys.dynamicConfig, 'Mod', '==', revision)
    .then(change)
    .commit();
  return succeeded;
}
