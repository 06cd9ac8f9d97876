import type { Command } from 'commander';
import { type ConfigFlags, storeFlags } from '../config/flags.ts';
import type { SettingTexts } from '../dynamic/changeSettings.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { withEtcd } from '../etcd/withEtcd.ts';
import { configure } from './configure.ts';
import { exitCodesHelp } from './help.ts';
import { addReasonFlags, addStoreFlags, type ReasonFlags } from './options.ts';
import { printLines } from './printLines.ts';

/** `baton dynamic`: settings of every instance of a pool, at once and without a restart. */
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
  ).action((names: readonly string[], flags: ReasonFlags) => unset(flags, names));
  addStoreFlags(
    dynamic.command('clear').description('all settings back to what each instance is configured with'),
  ).action(clear);
}

function readPairs(pairs: readonly string[], command: Command): SettingTexts {
  const settings = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) command.error(`error: "${pair}" is not name=value, such as scheduling.policy=random`);
    settings.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return settings;
}

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

/** @throws BatonError `config-invalid`, before anything is read or written; `change-refused` */
async function set(flags: ReasonFlags, added: SettingTexts): Promise<void> {
  const { changeSettings, requireValidSettings, withSettings } = await changes();
  requireValidSettings(added);
  await run(flags, (client) => changeSettings(client, withSettings(added), flags.reason));
}

/** @throws BatonError `change-refused` */
async function unset(flags: ReasonFlags, names: readonly string[]): Promise<void> {
  const { changeSettings, withoutSettings } = await changes();
  await run(flags, (client) => changeSettings(client, withoutSettings(names), flags.reason));
}

async function clear(flags: ConfigFlags): Promise<void> {
  const { clearSettings } = await changes();
  await run(flags, clearSettings);
}

async function run(flags: ConfigFlags, change: (client: EtcdClient) => Promise<string>): Promise<void> {
  const { config } = await configure(storeFlags(flags), 'etcd');
  printLines(`${await withEtcd(config, change)}\n`);
}

/** Loaded only where a command needs it. */
function changes(): Promise<typeof import('../dynamic/changeSettings.ts')> {
  return import('../dynamic/changeSettings.ts');
}
