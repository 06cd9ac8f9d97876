import type { Command } from 'commander';
import { addStoreFlags, type ConfigFlags } from '../config/flags.ts';
import type { UpgradeAction } from './runUpgrade.ts';

/**
 * `baton upgrade …` as it is typed. What an order does is in command.ts, which is loaded with it.
 *
 * @param carryOut ends the process
 */
export function addUpgradeCommand(
  program: Command,
  helpAfter: string,
  carryOut: (flags: ConfigFlags, order: UpgradeAction) => Promise<never>,
): void {
  const upgrade = program
    .command('upgrade')
    .description('say which generation takes the traffic, and see which does')
    .addHelpText('after', helpAfter);

  addStoreFlags(upgrade.command('status').description('generations, their instances, and what is pinned'))
    .option('--json', 'for programs', false)
    .action((flags: ConfigFlags & { json: boolean }) =>
      carryOut(flags, { kind: 'status', json: flags.json }),
    );
  addStoreFlags(upgrade.command('pin <generation>').description('this generation, until it is released'))
    .option('--reason <text>', 'shown to people', '')
    .action((given: string, flags: ConfigFlags & { reason: string }, command: Command) => {
      if (!/^\d{1,15}$/.test(given)) command.error(`error: "${given}" is no generation: a whole number`);
      return carryOut(flags, { kind: 'pin', generation: Number(given), reason: flags.reason });
    });
  addStoreFlags(
    upgrade.command('rollback').description('pin the highest generation below the one that serves'),
  )
    .option('--reason <text>', 'shown to people', '')
    .action((flags: ConfigFlags & { reason: string }) =>
      carryOut(flags, { kind: 'rollback', reason: flags.reason }),
    );
  addStoreFlags(upgrade.command('release').description('pin nothing: the newest generation serves')).action(
    (flags: ConfigFlags) => carryOut(flags, { kind: 'release' }),
  );
}
