import type { Command } from 'commander';
import { type ConfigFlags, storeFlags } from '../config/flags.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { withEtcd } from '../etcd/withEtcd.ts';
import type { Choice, Fleet } from '../steering/fleet.ts';
import { configure } from './configure.ts';
import { exitCodesHelp } from './help.ts';
import { addReasonFlags, addStoreFlags, type ReasonFlags } from './options.ts';
import { printLines } from './printLines.ts';

/**
 * `baton upgrade`: shows and pins the generation that takes the traffic. The instances follow it,
 * which takes them `upgrade.settleMs`.
 */
export function addUpgradeCommand(program: Command): void {
  const upgrade = program
    .command('upgrade')
    .description('choose which generation takes the traffic')
    .addHelpText('after', exitCodesHelp);

  addStoreFlags(upgrade.command('status').description('generations, their instances, and what is pinned'))
    .option('--json', 'for programs', false)
    .action((flags: ConfigFlags & { json: boolean }) =>
      run(flags, (_, fleet) => statusText(fleet, flags.json)),
    );
  addReasonFlags(
    upgrade.command('pin <generation>').description('this generation, until it is released'),
  ).action((text: string, flags: ReasonFlags, command: Command) => {
    if (!/^\d{1,15}$/.test(text)) command.error(`error: "${text}" is no generation: a whole number`);
    return run(flags, async (client, fleet) => {
      const { choosePin } = await import('../steering/fleet.ts');
      return pin(client, choosePin(fleet, Number(text)), flags.reason);
    });
  });
  addReasonFlags(
    upgrade.command('rollback').description('pin the highest generation below the one that serves'),
  ).action((flags: ReasonFlags) =>
    run(flags, async (client, fleet) => {
      const { chooseRollback } = await import('../steering/fleet.ts');
      return pin(client, chooseRollback(fleet), flags.reason || 'rollback');
    }),
  );
  addStoreFlags(upgrade.command('release').description('pin nothing: the newest generation serves')).action(
    (flags: ConfigFlags) =>
      run(flags, async (client) => {
        const { releaseGeneration } = await import('../steering/pinGeneration.ts');
        return `${await releaseGeneration(client)}\n`;
      }),
  );
}

/** @throws BatonError of `configure`, of `withEtcd`, or `change-refused` */
async function run(
  flags: ConfigFlags,
  action: (client: EtcdClient, fleet: Fleet) => Promise<string>,
): Promise<void> {
  const { config } = await configure(storeFlags(flags), 'etcd');
  const { readFleet } = await import('../steering/pinGeneration.ts');
  const text = await withEtcd(config, async (client) =>
    action(client, await readFleet(client, config.pool.name)),
  );
  printLines(text);
}

async function statusText(fleet: Fleet, json: boolean): Promise<string> {
  const { fleetText } = await import('../steering/fleet.ts');
  return json ? `${JSON.stringify(fleet, null, 2)}\n` : fleetText(fleet);
}

async function pin(client: EtcdClient, choice: Choice, reason: string): Promise<string> {
  const { pinGeneration } = await import('../steering/pinGeneration.ts');
  return `${await pinGeneration(client, choice, reason)}\n`;
}
