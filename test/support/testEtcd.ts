import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd } from '../../tools/testbed/etcd.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { findTools } from '../../tools/testbed/tools.ts';
import { sendHttp } from './sendHttp.ts';

export interface TestEtcd {
  readonly etcd: Etcd;
  readonly port: number;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/**
 * A real etcd in a temporary folder.
 *
 * @param flags further ones, by name
 */
export async function startTestEtcd(flags: Readonly<Record<string, string>> = {}): Promise<TestEtcd> {
  const [clientPort, peerPort] = (await freePorts(2)) as [number, number];
  const folder = await mkdtemp(join(tmpdir(), 'baton-etcd-'));
  const dataDir = join(folder, 'data');
  const bin = findTools(process.env).etcd;
  const etcd = await Etcd.start({ bin, clientPort, peerPort, dataDir, flags });
  const stop = async (): Promise<void> => {
    await etcd.kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { etcd, port: clientPort, dataDir, stop };
}

/** From now on etcd knows the user root alone. */
export async function lockEtcd({ endpoint }: Etcd, password: string): Promise<void> {
  for (const [path, body] of [
    ['user/add', { name: 'root', password }],
    ['role/add', { name: 'root' }],
    ['user/grant', { user: 'root', role: 'root' }],
    ['enable', {}],
  ] as const) {
    const { status, text } = await sendHttp(`${endpoint}/v3/auth/${path}`, { body });
    if (status !== 200) throw new Error(`etcd does not take ${path}: ${text}`);
  }
}
