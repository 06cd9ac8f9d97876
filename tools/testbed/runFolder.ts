import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChildProcess } from './childProcess.ts';
import { checkoutDir } from './tools.ts';

/**
 * The folder in `.run/` of a topology in the background: its logs, its files and its processes. A
 * process is identified by pid and start time, because its pid may belong to another process later.
 */
export const runDir = join(checkoutDir, '.run', 'topology');
const processesFile = join(runDir, 'processes.json');

export interface RecordedProcess {
  readonly name: string;
  readonly pid: number;
  readonly start: string;
}

/** Creates the folder, empty. */
export async function makeRunDir(): Promise<void> {
  await removeRunDir();
  await mkdir(runDir, { recursive: true });
}

export async function removeRunDir(): Promise<void> {
  await rm(runDir, { recursive: true, force: true });
}

export async function recordProcesses(processes: readonly ChildProcess[]): Promise<void> {
  const records = processes.map(
    ({ name, pid }): RecordedProcess => ({ name, pid, start: startOf(pid) ?? '' }),
  );
  await writeFile(processesFile, `${JSON.stringify(records, null, 2)}\n`);
}

/** The recorded processes that are still running. */
export async function runningProcesses(): Promise<RecordedProcess[]> {
  const text = await readFile(processesFile, 'utf8').catch(() => '[]');
  const records = JSON.parse(text) as RecordedProcess[];
  return records.filter(isRunning);
}

export function isRunning({ pid, start }: RecordedProcess): boolean {
  return start !== '' && startOf(pid) === start;
}

/**
 * When the process started, in words that differ from another start; undefined when there is none
 * or it is a zombie.
 */
export function startOf(pid: number): string | undefined {
  return existsSync('/proc/self/stat') ? startByProc(pid) : startByPs(pid);
}

/**
 * In the kernel's ticks since boot. proc_pid_stat(5): the fields after the command's closing
 * bracket begin with the state, field 3; the start is field 22.
 */
function startByProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** Where there is no /proc. */
function startByPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [state, ...start] = stdout?.trim().split(/\s+/) ?? [];
  return !state || state.startsWith('Z') ? undefined : start.join(' ');
}
