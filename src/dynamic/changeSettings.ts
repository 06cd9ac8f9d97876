import { readDynamicSettings } from '../config/dynamicSettings.ts';
import { invalidConfig } from '../config/problem.ts';
import { BatonError } from '../errors.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { readStoredConfig, replaceStoredConfig } from './storedRecord.ts';

/**
 * What an operator does to the dynamic settings. It writes the record `config` and nothing else;
 * the instances follow it. Each returns what it did, for people.
 */

/** Settings as text, by dotted name. */
export type SettingTexts = ReadonlyMap<string, string>;

export const nothingSet = 'no dynamic configuration is set';

/** @throws BatonError `config-invalid`, before anything is read or written */
export function requireValidSettings(settings: SettingTexts): void {
  const { problems } = readDynamicSettings(settings);
  if (problems.length > 0) throw invalidConfig(problems);
}

/** @throws BatonError `change-refused` when the record changes at the same moment */
export async function changeSettings(
  client: EtcdClient,
  apply: (before: SettingTexts) => SettingTexts,
  reason: string,
): Promise<string> {
  const stored = await readStoredConfig(client);
  const settings = apply(stored.record?.settings ?? new Map());
  const record = { settings, reason, setUnixMs: Date.now() };
  if (!(await replaceStoredConfig(client, stored, record))) {
    const message =
      'the dynamic configuration was changed by another command at the same moment; nothing is changed';
    throw new BatonError('change-refused', message);
  }
  const list = [...settings].map(([name, text]) => `${name}=${text}`).join(', ');
  return list === '' ? nothingSet : `set until "baton dynamic clear": ${list}`;
}

/** In place of what each instance is configured with. */
export function withSettings(added: SettingTexts): (before: SettingTexts) => SettingTexts {
  return (before) => new Map([...before, ...added]);
}

/** Back to what each instance is configured with. */
export function withoutSettings(names: readonly string[]): (before: SettingTexts) => SettingTexts {
  return (before) => new Map([...before].filter(([name]) => !names.includes(name)));
}

export async function clearSettings(client: EtcdClient): Promise<string> {
  const { deleted } = await client.keys.delete().key(recordKeys.dynamicConfig).exec();
  return Number(deleted) > 0 ? 'cleared: each instance uses its own configuration' : nothingSet;
}
