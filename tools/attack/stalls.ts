import { readFile } from 'node:fs/promises';

/** The longest that the event loop of an instance did not run, in ms. */
export interface Stall {
  readonly ms: number;
  /** Of the thread's own work in one turn; the rest, others had the processors or the disk. */
  readonly cpuMs: number;
}

/** Reads what loopMonitor.ts wrote after this time of day. */
export async function longestStall(file: string, sinceUnixMs: number): Promise<Stall> {
  return stallIn(await readFile(file, 'utf8'), sinceUnixMs);
}

export function stallIn(text: string, sinceUnixMs: number): Stall {
  const lines = text
    .split('\n')
    // Behind the last line break: nothing, or half a line.
    .slice(0, -1)
    .map((line) => line.split(' ').map(Number) as [atMs: number, ms: number, cpuMs: number])
    .filter(([atMs]) => atMs >= sinceUnixMs);
  return {
    ms: Math.max(0, ...lines.map(([, ms]) => ms)),
    cpuMs: Math.max(0, ...lines.map(([, , cpuMs]) => cpuMs)),
  };
}
