import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd } from '../../tools/testbed/etcd.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { until } from '../../tools/testbed/until.ts';
import { etcdBin } from './tools.ts';

/** A real etcd cluster of three members in a temporary folder, for one `describe`. */
export function useEtcdCluster(): {
  members(): readonly Etcd[];
  /** The leader; waits while the members elect one. */
  leader(): Promise<Etcd>;
} {
  let members: readonly Etcd[] = [];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'baton-etcd-'));
    const names = ['one', 'two', 'three'];
    const [clientPorts, ports] = [await freePorts(3), await freePorts(3)];
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
    members = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const one of started) if (one.status === 'rejected') throw one.reason;
  });
  afterAll(async () => {
    await Promise.all(members.map((member) => member.kill()));
    await rm(folder, { recursive: true, force: true });
  });

  const leader = () =>
    until(
      async () => {
        for (const member of members) if (member.process.running && (await leads(member))) return member;
        return undefined;
      },
      { what: 'etcd to have a leader', timeoutMs: 30_000 },
    );
  return { members: () => members, leader };
}

/** Uses etcd's HTTP gateway to its maintenance service. */
async function leads({ endpoint }: Etcd): Promise<boolean> {
  const answer = await fetch(`${endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}' });
  const { header, leader } = (await answer.json()) as { header: { member_id: string }; leader?: string };
  return leader === header.member_id;
}
