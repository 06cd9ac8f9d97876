import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd } from '../../tools/testbed/etcd.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { findTools } from '../../tools/testbed/tools.ts';

/** A real etcd in a temporary folder. */
export async function startTestEtcd(): Promise<{ etcd: Etcd; port: number; stop(): Promise<void> }> {
  const [clientPort, peerPort] = (await freePorts(2)) as [number, number];
  const folder = await mkdtemp(join(tmpdir(), 'baton-etcd-'));
  const bin = findTools(process.env).etcd;
  const etcd = await Etcd.start({ bin, clientPort, peerPort, dataDir: join(folder, 'data') });
  const stop = async (): Promise<void> => {
    await etcd.kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { etcd, port: clientPort, stop };
}
