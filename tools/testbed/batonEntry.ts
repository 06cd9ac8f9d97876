import { join } from 'node:path';
import { packageRoot } from '../../src/packageRoot.ts';

/** The file that runs `baton`, in a checkout as in an installed package. */
export const batonEntry = join(packageRoot(), 'bin', 'baton.mjs');

/** The command line of `baton` with these arguments, on the Node that runs this process. */
export function batonCommandLine(...args: readonly string[]): [string, ...string[]] {
  return [process.execPath, batonEntry, ...args];
}
