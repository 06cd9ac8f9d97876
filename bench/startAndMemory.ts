import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../tools/testbed/ports.ts';
import { residentMiB } from '../tools/testbed/processFigures.ts';
import { until } from '../tools/testbed/until.ts';
import { isServing } from './isServing.ts';
import { kit } from './kit.ts';
import type { BenchEnvironment, Setup } from './setups.ts';

export interface StartAndMemory {
  readonly setup: string;
  /** From exec to SERVING. */
  readonly startMs: number;
  readonly idleMiB: number;
  /** With this many streams open, each with a decision. */
  readonly streams: number;
  readonly loadedMiB: number;
}

/** The start time of a scheduler, and its memory with many open streams. */
export async function startAndMemory(
  { name, launch }: Setup,
  streams: number,
  world: Omit<BenchEnvironment, 'port'>,
): Promise<StartAndMemory | undefined> {
  if (launch === undefined) return undefined;
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const launchedMs = performance.now();
  const scheduler = await launch({ ...world, port });
  try {
    await until(() => isServing(address), { what: `${name} to serve`, intervalMs: 2 });
    const startMs = performance.now() - launchedMs;
    const idleMiB = await residentMiB(scheduler.pid);
    const loadedMiB = await whileHeld(address, streams, () => residentMiB(scheduler.pid));
    return { setup: name, startMs, idleMiB, streams, loadedMiB };
  } finally {
    await scheduler.kill();
  }
}

async function whileHeld<T>(address: string, streams: number, measure: () => Promise<T>): Promise<T> {
  const holder = spawn(kit, ['streams', address, String(streams)], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(holder.stdout, 'data');
    return await measure();
  } finally {
    holder.stdin.end();
    await once(holder, 'exit');
  }
}
