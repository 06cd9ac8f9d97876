import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd } from '../../tools/testbed/etcd.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { until } from '../../tools/testbed/until.ts';
import { etcdBin } from './tools.ts';

const names = ['one', 'two', 'three'];

/** A real etcd cluster of three members. */
export class EtcdCluster {
  readonly members: readonly Etcd[];

  private constructor(members: readonly Etcd[]) {
    this.members = members;
  }

  /** @param folder each member has its data in a folder of it */
  static async start(folder: string): Promise<EtcdCluster> {
    const [clientPorts, ports] = [await freePorts(names.length), await freePorts(names.length)];
    const peerPorts = Object.fromEntries(names.map((name, nth) => [name, ports[nth] as number]));
    const start = (name: string, nth: number) =>
      Etcd.start({
        bin: etcdBin(),
        clientPort: clientPorts[nth] as number,
        peerPort: ports[nth] as number,
        dataDir: join(folder, name),
        cluster: { name, peerPorts },
      });
    const started = await Promise.allSettled(names.map(start));
    const cluster = new EtcdCluster(
      started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    );
    const failed = started.find((one) => one.status === 'rejected');
    if (failed === undefined) return cluster;
    await cluster.kill();
    throw failed.reason;
  }

  /** Waits while the members elect one. */
  leader(): Promise<Etcd> {
    return until(
      async () => {
        for (const member of this.members) if (member.process.running && (await leads(member))) return member;
        return undefined;
      },
      { what: 'etcd to have a leader', timeoutMs: 30_000 },
    );
  }

  async kill(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
  }

  /** All members at once: none serves before a majority has started. */
  async restart(data: 'kept' | 'empty'): Promise<void> {
    await Promise.all(this.members.map((member) => member.restart(data)));
  }
}

/** One for one `describe`, in a temporary folder. */
export function useEtcdCluster(): () => EtcdCluster {
  let cluster: EtcdCluster | undefined;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'baton-etcd-'));
    cluster = await EtcdCluster.start(folder);
  });
  afterAll(async () => {
    await cluster?.kill();
    await rm(folder, { recursive: true, force: true });
  });
  return () => cluster as EtcdCluster;
}

/** Uses etcd's HTTP gateway to its maintenance service. */
async function leads({ endpoint }: Etcd): Promise<boolean> {
  const answer = await fetch(`${endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}' });
  const { header, leader } = (await answer.json()) as { header: { member_id: string }; leader?: string };
  return leader === header.member_id;
}
