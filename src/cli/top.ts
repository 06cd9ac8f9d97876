import type { Command } from 'commander';
import { type ConfigFlags, collect, storeFlags } from '../config/flags.ts';
import type { Config } from '../config/schema.ts';
import { BatonError } from '../errors.ts';
import { localAddress } from '../listeningAddress.ts';
import { adminOfPool } from './adminOfPool.ts';
import { configure } from './configure.ts';
import { exitCodesHelp } from './help.ts';
import { addStoreFlags } from './options.ts';

type TopFlags = Omit<ConfigFlags, 'admin'> & {
  readonly admin?: readonly string[];
  readonly interval: string;
};

/** `baton top`: what `baton status` and the dashboard show, on a terminal, at an interval. */
export function addTopCommand(program: Command): void {
  addStoreFlags(
    program
      .command('top')
      .description('watch instances and pods on a terminal; without one, print them once'),
  )
    .option('--admin <host:port>', 'ask this instance; repeatable: when it goes, the next one', collect)
    .option('--interval <seconds>', 'between two readings', '1')
    .addHelpText('after', exitCodesHelp)
    .action(async (flags: TopFlags) => {
      const { admin, interval, ...others } = flags;
      const intervalMs = Number(interval) * 1000;
      if (!(intervalMs >= 100 && intervalMs <= 3_600_000))
        throw new BatonError('usage-invalid', `--interval ${interval} is not a number from 0.1 to 3600`);
      const { config } = await configure(storeFlags(others), 'nothing');
      const [{ runTop }, source] = await Promise.all([
        import('./top/runTop.ts'),
        sourceOf(config, admin, others.pool),
      ]);
      await runTop(source, intervalMs);
    });
}

async function sourceOf(
  { admin, etcd, pool }: Config,
  asked: readonly string[] | undefined,
  poolName: string | undefined,
) {
  const { AdminSource, EtcdSource } = await import('./top/topSource.ts');
  if (asked === undefined && etcd.endpoints.length > 0)
    return new EtcdSource({ kind: 'etcd', etcd }, pool.name);
  const addresses = (asked ?? [localAddress(admin.address)]).map((address) => adminOfPool(address, poolName));
  return new AdminSource(addresses, pool.name);
}
