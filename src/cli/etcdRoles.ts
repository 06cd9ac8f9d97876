import type { Command } from 'commander';
import { type ConfigFlags, collect, storeFlags } from '../config/flags.ts';
import { BatonError } from '../errors.ts';
import { withEtcd } from '../etcd/withEtcd.ts';
import { parseAddress } from '../hostPort.ts';
import { configure } from './configure.ts';
import { exitCodesHelp } from './help.ts';
import { addStoreFlags } from './options.ts';
import { printLines } from './printLines.ts';

interface RoleFlags extends ConfigFlags {
  readonly registrar?: readonly string[];
  readonly apply: boolean;
}

/**
 * `baton etcd-roles`: the least that each kind of program needs in etcd, as roles. It makes no
 * users and does not switch access control on: who has which password or certificate is the
 * operator's.
 */
export function addEtcdRolesCommand(program: Command): void {
  addStoreFlags(
    program.command('etcd-roles').description("print, or apply, roles of etcd's access control for a pool"),
  )
    .option('--registrar <ip:port|any>', 'a role that registers this pod alone, repeatable', collect)
    .option('--apply', 'create or correct them in etcd, as a user with the role root', false)
    .addHelpText('after', exitCodesHelp)
    .action(etcdRoles);
}

/** @throws BatonError `usage-invalid`, and what `withEtcd` throws */
async function etcdRoles(flags: RoleFlags): Promise<void> {
  const registrars = readRegistrars(flags.registrar ?? []);
  const [{ config }, { accessRoles, etcdctlCommands }] = await Promise.all([
    configure(storeFlags(flags), flags.apply ? 'etcd' : 'nothing'),
    import('../proto/records/accessRoles.ts'),
  ]);
  const poolPrefix = `${config.etcd.prefix}/${config.pool.name}/`;
  const roles = accessRoles({ poolPrefix, registrars });
  if (!flags.apply) return printLines(etcdctlCommands(roles));
  const { applyRole } = await import('../etcd/applyRole.ts');
  await withEtcd(config, async ({ members }) => {
    for (const role of roles) printLines(`${role.name}: ${await applyRole(members, role)}\n`);
  });
}

/** Addresses as their keys have them. */
function readRegistrars(texts: readonly string[]): readonly string[] | 'any' {
  if (texts.length === 1 && texts[0] === 'any') return 'any';
  return texts.map((text) => {
    const parsed = parseAddress(text);
    if (parsed.kind === 'ip') return parsed.address;
    const why = parsed.kind === 'invalid' ? parsed.problem : `"${text}" is a host name`;
    throw new BatonError(
      'usage-invalid',
      `etcd-roles: --registrar: ${why}; give ip:port or [ipv6]:port, or "any" alone`,
    );
  });
}
