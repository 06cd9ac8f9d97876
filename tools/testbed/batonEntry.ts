import { extname, join } from 'node:path';

/**
 * The file that runs `baton`, in the same form as this file: `src/cli/main.ts` in a checkout,
 * `dist/src/cli/main.js` in an installed package.
 */
export const batonEntry = join(
  import.meta.dirname,
  '..',
  '..',
  'src',
  'cli',
  `main${extname(import.meta.filename)}`,
);

/** The command line of `baton` with these arguments, on the Node that runs this process. */
export function batonCommandLine(...args: readonly string[]): [string, ...string[]] {
  return [process.execPath, batonEntry, ...args];
}
