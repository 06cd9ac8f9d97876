import { cpus, loadavg, totalmem } from 'node:os';
import { readProcessEnv } from '../../../src/config/processEnv.ts';
import { httpGetJson } from '../../testbed/httpGet.ts';
import type { Topology } from '../../testbed/topology.ts';

/**
 * The machine and the versions of a rehearsal, so that its figures can be compared. It names
 * neither the host nor the user.
 */
export interface RehearsalMachine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  /** Over the last minute, per processor: above 1, other programs were running too. */
  readonly loadPerProcessor: number;
  readonly platform: string;
  readonly versions: Readonly<Record<'baton' | 'node' | 'envoy' | 'etcd', string>>;
}

export async function readRehearsalMachine({ envoy, etcd }: Topology): Promise<RehearsalMachine> {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    processors: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadPerProcessor: Math.round((100 * (loadavg()[0] ?? 0)) / processors.length) / 100,
    platform: `${process.platform} ${process.arch}`,
    versions: {
      baton: readProcessEnv().packageVersion,
      node: process.versions.node,
      envoy: await envoyVersion(envoy.adminUrl),
      etcd: etcd ? await etcdVersion(etcd.endpoint) : 'external',
    },
  };
}

/** /server_info has `<commit>/<version>/<more>`. */
async function envoyVersion(adminUrl: string): Promise<string> {
  const info = (await httpGetJson(`${adminUrl}/server_info`).catch(() => ({}))) as { version?: string };
  return info.version?.split('/')[1] ?? 'unknown';
}

async function etcdVersion(endpoint: string): Promise<string> {
  const info = (await httpGetJson(`${endpoint}/version`).catch(() => ({}))) as { etcdserver?: string };
  return info.etcdserver ?? 'unknown';
}
