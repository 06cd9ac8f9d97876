import { type Answer, refuse } from '../config/commands.ts';
import { readLiveSettings } from '../config/liveSettings.ts';
import type { Origins } from '../config/origins.ts';
import type { Config } from '../config/schema.ts';
import { connect, type EtcdClient } from '../etcd/client.ts';
import { liveConfigKey } from './liveRecord.ts';
import { liveJson, liveText } from './show.ts';
import { readStored, replaceStored, UnreadableRecord } from './storedRecord.ts';

/** What the operator wants. */
export type LiveOrder =
  | { readonly kind: 'show'; readonly json: boolean }
  | { readonly kind: 'set'; readonly settings: ReadonlyMap<string, string>; readonly reason: string }
  | { readonly kind: 'unset'; readonly names: readonly string[]; readonly reason: string }
  | { readonly kind: 'clear' };

export interface LiveOptions {
  readonly order: LiveOrder;
  /** The configuration of this command: where etcd and the pool are, and what holds where nothing is live. */
  readonly config: Config;
  readonly origins: Origins;
  readonly unixMs?: () => number;
}

/** EX_UNAVAILABLE of sysexits.h. */
const exitUnavailable = 69;

/**
 * `baton live`: settings for every instance of a pool, at once and without a restart. It writes the record `config`
 * and nothing else; the instances follow it.
 *
 * @returns what to print, and the exit code: 0 done, 1 it cannot be done now, 69 etcd does not answer, 78 a setting
 * is wrong
 */
export async function live(options: LiveOptions): Promise<Answer> {
  const { etcd, pool } = options.config;
  if (options.order.kind === 'set') {
    // Before anything is read or written.
    const { problems } = readLiveSettings(options.order.settings);
    if (problems.length > 0) return refuse(problems);
  }
  const client = connect(etcd, `${etcd.prefix}/${pool.name}/`);
  try {
    return await carryOut(client, options);
  } catch (cause) {
    if (cause instanceof UnreadableRecord) {
      return failed(1, `${cause.message}; "baton live clear" removes it`);
    }
    return failed(
      exitUnavailable,
      `etcd ${etcd.endpoints.join(', ')} does not answer: ${(cause as Error).message}`,
    );
  } finally {
    client.close();
  }
}

async function carryOut(client: EtcdClient, options: LiveOptions): Promise<Answer> {
  const { order, config, origins } = options;
  switch (order.kind) {
    case 'show': {
      const { record } = await readStored(client);
      return done(order.json ? liveJson(config, origins, record) : liveText(config, origins, record));
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
      const { deleted } = await client.keys.delete().key(liveConfigKey).exec();
      return done(Number(deleted) > 0 ? 'cleared: each instance has its own configuration\n' : nothingLive);
    }
    default:
      return order satisfies never;
  }
}

const nothingLive = 'nothing is live\n';

async function change(
  client: EtcdClient,
  { unixMs = Date.now }: LiveOptions,
  reason: string,
  changed: (settings: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
): Promise<Answer> {
  const stored = await readStored(client);
  const settings = changed(stored.record?.settings ?? new Map());
  if (!(await replaceStored(client, stored, { settings, reason, setUnixMs: unixMs() }))) {
    return failed(1, 'somebody else changed the live configuration at the same moment; nothing is changed');
  }
  const now = [...settings].map(([name, text]) => `${name}=${text}`).join(', ');
  return done(now === '' ? nothingLive : `live until "baton live clear": ${now}\n`);
}

function done(stdout: string): Answer {
  return { exitCode: 0, stdout, stderr: '' };
}

function failed(exitCode: number, why: string): Answer {
  return { exitCode, stdout: '', stderr: `baton: ${why}\n` };
}
