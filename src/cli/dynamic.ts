import type { Command } from 'commander';
import { type ConfigFlags, storeFlags } from '../config/flags.ts';
import { invalidConfig } from '../config/problem.ts';
import { BatonError } from '../errors.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { configure } from './configure.ts';
import { exitCodesHelp } from './help.ts';
import { addReasonFlags, addStoreFlags, type ReasonFlags } from './options.ts';
import { printLines } from './printLines.ts';
import { withEtcd } from './withEtcd.ts';

/** Settings as text, by dotted name. */
type Settings = ReadonlyMap<string, string>;

/**
 * `baton dynamic`: settings of every instance of a pool, at once and without a restart. It writes
 * the record `config` and nothing else; the instances follow it.
 */
export function addDynamicCommand(program: Command): void {
  const dynamic = program
    .command('dynamic')
    .description('change settings of all instances at once, without a restart')
    .addHelpText('after', exitCodesHelp);

  addStoreFlags(dynamic.command('show').description('every dynamic setting, its value and its origin'))
    .option('--json', 'for programs', false)
    .action((flags: ConfigFlags & { json: boolean }) => show(flags, flags.json));
  addReasonFlags(
    dynamic.command('set <name=value...>').description('in place of what each instance is configured with'),
  ).action((pairs: readonly string[], flags: ReasonFlags, command: Command) =>
    set(flags, readPairs(pairs, command)),
  );
  addReasonFlags(
    dynamic.command('unset <name...>').description('back to what each instance is configured with'),
  ).action((names: readonly string[], flags: ReasonFlags) =>
    change(flags, (settings) => new Map([...settings].filter(([name]) => !names.includes(name)))),
  );
  addStoreFlags(
    dynamic.command('clear').description('all settings back to what each instance is configured with'),
  ).action(clear);
}

function readPairs(pairs: readonly string[], command: Command): Settings {
  const settings = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) command.error(`error: "${pair}" is not name=value, such as scheduling.policy=random`);
    settings.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return settings;
}

const nothingSet = 'no dynamic configuration is set\n';

async function show(flags: ConfigFlags, json: boolean): Promise<void> {
  const { config, provenance } = await configure(storeFlags(flags), 'etcd');
  const [{ dynamicConfigJson, formatDynamicConfig }, { readStoredConfig }] = await Promise.all([
    import('../dynamic/show.ts'),
    import('../dynamic/storedRecord.ts'),
  ]);
  const { record } = await withEtcd(config, readStoredConfig);
  const format = json ? dynamicConfigJson : formatDynamicConfig;
  printLines(format(config, provenance, record));
}

/** @throws BatonError `config-invalid`, before anything is read or written */
async function set(flags: ReasonFlags, settings: Settings): Promise<void> {
  const { readDynamicSettings } = await import('../config/dynamicSettings.ts');
  const { problems } = readDynamicSettings(settings);
  if (problems.length > 0) throw invalidConfig(problems);
  await change(flags, (before) => new Map([...before, ...settings]));
}

/** @throws BatonError `change-refused` when the record changes at the same moment */
async function change(flags: ReasonFlags, apply: (settings: Settings) => Settings): Promise<void> {
  const { config } = await configure(storeFlags(flags), 'etcd');
  const { readStoredConfig, replaceStoredConfig } = await import('../dynamic/storedRecord.ts');
  const settings = await withEtcd(config, async (client) => {
    const stored = await readStoredConfig(client);
    const settings = apply(stored.record?.settings ?? new Map());
    const record = { settings, reason: flags.reason, setUnixMs: Date.now() };
    if (await replaceStoredConfig(client, stored, record)) return settings;
    const message =
      'the dynamic configuration was changed by another command at the same moment; nothing is changed';
    throw new BatonError('change-refused', message);
  });
  const list = [...settings].map(([name, text]) => `${name}=${text}`).join(', ');
  printLines(list === '' ? nothingSet : `set until "baton dynamic clear": ${list}\n`);
}

async function clear(flags: ConfigFlags): Promise<void> {
  const { config } = await configure(storeFlags(flags), 'etcd');
  const deleted = await withEtcd(config, async (client: EtcdClient) => {
    return Number((await client.keys.delete().key(recordKeys.dynamicConfig).exec()).deleted);
  });
  const cleared = 'cleared: each instance uses its own configuration\n';
  printLines(deleted > 0 ? cleared : nothingSet);
}
