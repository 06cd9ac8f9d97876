import { readFile } from 'node:fs/promises';
import type { KitLoadReport } from './kit.ts';

/** Ticks of /proc are hundredths of a second on every Linux. */
const tickMs = 10;

/**
 * Processor time of a process and its threads since its start, user and system together. Linux
 * only.
 */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name before it, in brackets, may contain anything. Then: state is field 3, utime 14, stime
  // 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** The process and all its descendants. */
export async function familyOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const families = children
    .split(' ')
    .filter(Boolean)
    .map((child) => familyOf(Number(child)));
  return [pid, ...(await Promise.all(families)).flat()];
}

/** Runs a load; returns the processor time of a process per request, in µs. */
export async function withCpu<Pids extends readonly number[]>(
  pids: Pids,
  load: () => Promise<KitLoadReport>,
): Promise<{ report: KitLoadReport; cpuUs: { [Index in keyof Pids]: number } }> {
  const before = await Promise.all(pids.map(cpuMs));
  const report = await load();
  const after = await Promise.all(pids.map(cpuMs));
  const cpuUs = after.map((ms, index) => ((ms - (before[index] ?? 0)) * 1000) / report.sent);
  return { report, cpuUs: cpuUs as { [Index in keyof Pids]: number } };
}
