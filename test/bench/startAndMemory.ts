import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Baton } from '../../src/rehearsal/baton.ts';
import { freePorts } from '../../src/rehearsal/ports.ts';
import { until } from '../../src/rehearsal/until.ts';
import { residentMiB } from './cpu.ts';
import type { World } from './setups.ts';

export interface StartAndMemory {
  readonly transport: string;
  /** From exec to SERVING, with etcd. */
  readonly startMs: number;
  readonly idleMiB: number;
  /** With so many streams open, each of them decided. */
  readonly streams: number;
  readonly loadedMiB: number;
}

/** One instance with etcd: how long it takes to serve, and what it weighs with many streams open. */
export async function startAndMemory(
  transport: string,
  streams: number,
  world: Omit<World, 'port'>,
): Promise<StartAndMemory> {
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const settings = {
    server: { transport },
    pool: { endpoints: world.pods, name: `bench-${port}` },
    etcd: { endpoints: [world.etcd] },
  };
  const instance = new Baton({ name: 'bench', port, adminPort, dir: world.dir, settings });
  const launchedMs = performance.now();
  await instance.launch();
  await until(async () => (await instance.state()).instance.phase === 'ready', {
    what: 'the instance to serve',
    everyMs: 5,
  });
  const startMs = performance.now() - launchedMs;
  const idleMiB = await residentMiB(instance.process.pid);

  const holder = spawn(world.kit, ['streams', instance.address, String(streams)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const loadedMiB = await residentMiB(instance.process.pid);
  holder.stdin.end();
  await once(holder, 'exit');
  await instance.kill();
  return { transport, startMs, idleMiB, streams, loadedMiB };
}
