import { execFile } from 'node:child_process';
import { batonEntry } from '../../tools/testbed/batonEntry.ts';

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command line as a process of its own, with nothing of this one's environment but its
 * PATH.
 *
 * @param wrapper a command that runs the command line, such as `['setpriv', …]`
 */
export function runBaton(
  args: readonly string[],
  environment: Record<string, string> = {},
  wrapper: readonly string[] = [],
): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, ...environment };
    const [file = '', ...command] = [...wrapper, process.execPath, batonEntry, ...args];
    execFile(file, command, { env, timeout: 50_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}
