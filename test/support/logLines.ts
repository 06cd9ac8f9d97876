import type { ChildProcess } from '../../tools/testbed/childProcess.ts';

type LogLine = Readonly<Record<string, unknown>>;

/** The lines with this `event` that a process has logged, oldest first. */
export function logLines({ process }: { readonly process: ChildProcess }, event: string): LogLine[] {
  return process.output
    .lines()
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as LogLine);
}
