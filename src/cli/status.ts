import type { Command } from 'commander';
import type { StatusReportOptions } from '../admin/readStatusReport.ts';
import type { InstanceState } from '../admin/state.ts';
import type { StatusReport } from '../admin/statusReport.ts';
import { type ConfigFlags, storeFlags } from '../config/flags.ts';
import { BatonError } from '../errors.ts';
import { localAddress } from '../listeningAddress.ts';
import { adminOfPool } from './adminOfPool.ts';
import { configure } from './configure.ts';
import { getJson } from './getJson.ts';
import { exitCodesHelp } from './help.ts';
import { addStoreFlags } from './options.ts';
import { printLines } from './printLines.ts';

const timeoutMs = 5_000;

/**
 * `baton status`: instances, their phases and the load they see, from one instance or from etcd.
 */
export function addStatusCommand(program: Command): void {
  addStoreFlags(program.command('status').description('show instances, their phases and the load they see'))
    .option('--admin <host:port>', 'ask this instance instead of etcd')
    .option('--json', 'for programs', false)
    .addHelpText('after', exitCodesHelp)
    .action(async (flags: ConfigFlags & { json: boolean }) => {
      const { config } = await configure(storeFlags(flags), 'nothing');
      const { admin, etcd, pool } = config;
      const source: StatusSource =
        flags.admin === undefined && etcd.endpoints.length > 0
          ? { kind: 'etcd', etcd }
          : { kind: 'admin', address: adminOfPool(flags.admin ?? localAddress(admin.address), flags.pool) };
      printLines(await statusText(source, pool.name, flags.json));
    });
}

export type StatusSource =
  /** `host:port` of an instance's admin port, with the path of a pool or without; or `off`. */
  | { readonly kind: 'admin'; readonly address: string }
  /** As the configuration has it; the pool's name is added to the prefix. */
  | { readonly kind: 'etcd'; readonly etcd: StatusReportOptions };

/** @throws BatonError `admin-unreachable`, `store-unreachable` or `store-refused` */
export async function statusText(source: StatusSource, pool: string, json: boolean): Promise<string> {
  const report = await statusReport(source, pool);
  if (json) return `${JSON.stringify(report, null, 2)}\n`;
  const { statusTable } = await import('../admin/statusTable.ts');
  return statusTable(report);
}

/** @throws BatonError as above */
export async function statusReport(source: StatusSource, pool: string): Promise<StatusReport> {
  if (source.kind === 'admin') return readFromAdmin(source.address, pool);
  const [{ readPoolNames, readStatusReport }, { storeFailureOf }] = await Promise.all([
    import('../admin/readStatusReport.ts'),
    import('../etcd/storeFailure.ts'),
  ]);
  try {
    const report = await readStatusReport(source.etcd, pool);
    if (report.instances.length > 0 || report.endpoints.length > 0) return report;
    const others = (await readPoolNames(source.etcd)).filter((name) => name !== pool);
    if (others.length === 0) return report;
    const message = `pool ${pool} has no instance and no endpoint; pools in etcd: ${others.join(', ')}`;
    throw new BatonError('pool-unknown', message);
  } catch (cause) {
    if (cause instanceof BatonError) throw cause;
    const failure = storeFailureOf(cause);
    if (failure === undefined) throw cause;
    const message = `no status from etcd ${source.etcd.endpoints.join(', ')}`;
    throw new BatonError(`store-${failure}`, message, { cause });
  }
}

async function readFromAdmin(address: string, pool: string): Promise<StatusReport> {
  if (address === 'off') {
    throw new BatonError('admin-unreachable', 'this configuration has no admin port: name one with --admin');
  }
  const { reportOfState } = await import('../admin/statusReport.ts');
  try {
    const state = (await getJson(`http://${address}/state`, timeoutMs)) as InstanceState;
    return reportOfState(state, pool, `admin ${address}`);
  } catch (cause) {
    throw new BatonError('admin-unreachable', `no status from the admin port ${address}`, { cause });
  }
}
