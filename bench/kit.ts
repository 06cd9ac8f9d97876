import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ChildProcess } from '../tools/testbed/childProcess.ts';

/** The Go program in `kit/`: pods, a no-op scheduler, load. It is built here. */
export const kit = join(import.meta.dirname, '../.run/bench/kit');

/** @throws Error when there is no Go */
export async function buildKit(): Promise<void> {
  try {
    await promisify(execFile)('go', ['build', '-o', kit, '.'], { cwd: join(import.meta.dirname, 'kit') });
  } catch (cause) {
    throw new Error('the pods and the load are a Go program, and "go build" failed (Go 1.26 or newer)', {
      cause,
    });
  }
}

/** What `kit load` and `kit exchanges` print. */
export interface KitLoadReport {
  readonly sent: number;
  readonly failed: number;
  /** Aborted by the client before an answer. */
  readonly aborted: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/**
 * Sends load to a port of this machine; `kit load -h` and `kit exchanges -h` list the flags.
 * @param kind HTTP requests, or ext_proc streams
 */
export async function runLoad(
  port: number,
  flags: Readonly<Record<string, number>>,
  kind: 'load' | 'exchanges' = 'load',
): Promise<KitLoadReport> {
  return (await runKit(kind, port, flags)) as KitLoadReport;
}

/** ext_proc streams at a fixed rate, health checks beside them; `kit paced -h` lists the flags. */
export async function runPaced(
  port: number,
  flags: Readonly<Record<string, number>>,
): Promise<KitLoadReport & { readonly longestMs: number; readonly missedChecks: number }> {
  return (await runKit('paced', port, flags)) as Awaited<ReturnType<typeof runPaced>>;
}

async function runKit(
  kind: 'load' | 'exchanges' | 'paced',
  port: number,
  flags: Readonly<Record<string, number>>,
): Promise<unknown> {
  const given = Object.entries(flags).flatMap(([name, value]) => [`-${name}`, String(value)]);
  const args = [kind, '-address', `127.0.0.1:${port}`, ...given];
  const process = await ChildProcess.start({ name: 'load', command: kit, args });
  const exit = await process.exited;
  const output = process.output.text(20);
  if (exit.code !== 0) throw new Error(`the load generator failed: ${output}`);
  return JSON.parse(output);
}
