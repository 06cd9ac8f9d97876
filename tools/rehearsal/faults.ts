import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../testbed/topology.ts';

/** What happens to instances and etcd after the upgrades. Times in ms since the start. */
export interface RehearsedFault {
  readonly kind: 'one-killed' | 'all-killed' | 'etcd-away';
  readonly fromMs: number;
  /** What was killed runs and serves again, or etcd answers. */
  readonly toMs: number;
}

export interface FaultOptions {
  readonly topology: Topology;
  readonly elapsedMs: () => number;
  readonly onStatus: (status: string) => void;
  /** Time without a change after each of them. */
  readonly pause: () => Promise<void>;
}

const awayMs = 60_000;

/** kill -9 of one instance, kill -9 of all of them, and etcd does not answer for a minute. */
export async function rehearseFaults(options: FaultOptions): Promise<readonly RehearsedFault[]> {
  const { topology, elapsedMs, onStatus, pause } = options;
  const faults: RehearsedFault[] = [];
  const run = async (kind: RehearsedFault['kind'], status: string, fault: () => Promise<void>) => {
    onStatus(status);
    const fromMs = elapsedMs();
    await fault();
    faults.push({ kind, fromMs, toMs: elapsedMs() });
    await pause();
  };
  await run('one-killed', 'kill -9 of one instance', () => killAndStart(topology, 1));
  await run('all-killed', 'kill -9 of all instances', () =>
    killAndStart(topology, topology.instances.length),
  );
  const { etcd } = topology;
  if (etcd === undefined) return faults;
  await run('etcd-away', 'etcd does not answer', async () => {
    etcd.process.signal('SIGSTOP');
    await sleep(awayMs).finally(() => etcd.process.signal('SIGCONT'));
  });
  return faults;
}

async function killAndStart({ instances, envoy }: Topology, count: number): Promise<void> {
  const killed = instances.slice(0, count);
  await Promise.all(killed.map((instance) => instance.kill()));
  await Promise.all(killed.map((instance) => instance.start()));
  await envoy.waitForHealthy(
    'scheduler',
    instances.map(({ address }) => address),
  );
}
