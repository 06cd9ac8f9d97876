import { readdir, readFile } from 'node:fs/promises';

/** What Linux tells of a running process by /proc. */

/** Resident memory in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/**
 * What these processes occupy together in MiB, as the memory limit of a container counts it: what
 * is their own, and the pages of files that they share once.
 */
export async function groupMiB(pids: readonly number[]): Promise<number> {
  const figures = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
      const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
      const own = mib('Anonymous');
      return { own, ofFiles: mib('Rss') - own };
    }),
  );
  const own = figures.reduce((sum, figure) => sum + figure.own, 0);
  return own + Math.max(...figures.map(({ ofFiles }) => ofFiles));
}

/** The number of its open file descriptors. */
export async function openDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}
