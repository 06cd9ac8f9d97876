import type { Command } from 'commander';
import { addStoreFlags, type ConfigFlags } from '../config/flags.ts';
import type { DynamicAction } from './runDynamic.ts';

interface Given extends ConfigFlags {
  readonly reason: string;
}

/**
 * `baton dynamic …` as it is typed. What an order does is in command.ts, which is loaded with it.
 *
 * @param carryOut ends the process
 */
export function addDynamicCommand(
  program: Command,
  helpAfter: string,
  carryOut: (flags: ConfigFlags, order: DynamicAction) => Promise<never>,
): void {
  const live = program
    .command('dynamic')
    .description('change settings of all instances at once, without a restart')
    .addHelpText('after', helpAfter);

  addStoreFlags(live.command('show').description('every setting that can be live, its value and its origin'))
    .option('--json', 'for programs', false)
    .action((flags: ConfigFlags & { json: boolean }) => carryOut(flags, { kind: 'show', json: flags.json }));
  withReason(
    live.command('set <name=value...>').description('over what each instance has of its own'),
  ).action((pairs: readonly string[], flags: Given, command: Command) =>
    carryOut(flags, { kind: 'set', settings: readPairs(pairs, command), reason: flags.reason }),
  );
  withReason(live.command('unset <name...>').description("back to each instance's own")).action(
    (names: readonly string[], flags: Given) =>
      carryOut(flags, { kind: 'unset', names, reason: flags.reason }),
  );
  addStoreFlags(live.command('clear').description("all settings back to each instance's own")).action(
    (flags: ConfigFlags) => carryOut(flags, { kind: 'clear' }),
  );
}

function withReason(command: Command): Command {
  return addStoreFlags(command).option('--reason <text>', 'shown to people', '');
}

function readPairs(pairs: readonly string[], command: Command): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) command.error(`error: "${pair}" is no name=value, such as scheduling.policy=random`);
    settings.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return settings;
}
