import { dynamicConfigJson, formatDynamicConfig } from '../config/dynamic/show.ts';
import {
  readStoredConfig,
  replaceStoredConfig,
  UnreadableConfigRecord,
} from '../config/dynamic/storedRecord.ts';
import { readDynamicSettings } from '../config/dynamicSettings.ts';
import type { Provenance } from '../config/provenance.ts';
import type { Config } from '../config/schema.ts';
import { connect, type EtcdClient } from '../etcd/client.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type CommandResult, configProblems } from './configCommands.ts';

/** What the operator wants. */
export type DynamicAction =
  | { readonly kind: 'show'; readonly json: boolean }
  | { readonly kind: 'set'; readonly settings: ReadonlyMap<string, string>; readonly reason: string }
  | { readonly kind: 'unset'; readonly names: readonly string[]; readonly reason: string }
  | { readonly kind: 'clear' };

export interface DynamicOptions {
  readonly order: DynamicAction;
  /** The configuration of this command: where etcd and the pool are, and what holds where nothing is live. */
  readonly config: Config;
  readonly origins: Provenance;
  readonly unixMs?: () => number;
}

/** EX_UNAVAILABLE of sysexits.h. */
const exitUnavailable = 69;

/**
 * `baton dynamic`: settings for every instance of a pool, at once and without a restart. It writes the record `config`
 * and nothing else; the instances follow it.
 *
 * @returns what to print, and the exit code: 0 done, 1 it cannot be done now, 69 etcd does not answer, 78 a setting
 * is wrong
 */
export async function runDynamic(options: DynamicOptions): Promise<CommandResult> {
  const { etcd, pool } = options.config;
  if (options.order.kind === 'set') {
    // Before anything is read or written.
    const { problems } = readDynamicSettings(options.order.settings);
    if (problems.length > 0) return configProblems(problems);
  }
  const client = connect(etcd, `${etcd.prefix}/${pool.name}/`);
  try {
    return await carryOut(client, options);
  } catch (cause) {
    if (cause instanceof UnreadableConfigRecord) {
      return failed(1, `${cause.message}; "baton dynamic clear" removes it`);
    }
    return failed(
      exitUnavailable,
      `etcd ${etcd.endpoints.join(', ')} does not answer: ${(cause as Error).message}`,
    );
  } finally {
    client.close();
  }
}

async function carryOut(client: EtcdClient, options: DynamicOptions): Promise<CommandResult> {
  const { order, config, origins } = options;
  switch (order.kind) {
    case 'show': {
      const { record } = await readStoredConfig(client);
      return done(
        order.json
          ? dynamicConfigJson(config, origins, record)
          : formatDynamicConfig(config, origins, record),
      );
    }
    case 'set':
      return change(client, options, order.reason, (settings) => new Map([...settings, ...order.settings]));
    case 'unset':
      return change(
        client,
        options,
        order.reason,
        (settings) => new Map([...settings].filter(([name]) => !order.names.includes(name))),
      );
    case 'clear': {
      const { deleted } = await client.keys.delete().key(recordKeys.dynamicConfig).exec();
      return done(Number(deleted) > 0 ? 'cleared: each instance has its own configuration\n' : nothingLive);
    }
    default:
      return order satisfies never;
  }
}

const nothingLive = 'nothing is live\n';

async function change(
  client: EtcdClient,
  { unixMs = Date.now }: DynamicOptions,
  reason: string,
  changed: (settings: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
): Promise<CommandResult> {
  const stored = await readStoredConfig(client);
  const settings = changed(stored.record?.settings ?? new Map());
  if (!(await replaceStoredConfig(client, stored, { settings, reason, setUnixMs: unixMs() }))) {
    return failed(
      1,
      'somebody else changed the dynamic configuration at the same moment; nothing is changed',
    );
  }
  const now = [...settings].map(([name, text]) => `${name}=${text}`).join(', ');
  return done(now === '' ? nothingLive : `live until "baton dynamic clear": ${now}\n`);
}

function done(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' };
}

function failed(exitCode: number, why: string): CommandResult {
  return { exitCode, stdout: '', stderr: `baton: ${why}\n` };
}
