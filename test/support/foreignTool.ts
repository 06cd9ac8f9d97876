import { delimiter, join } from 'node:path';
import { checkoutDir, isExecutable } from '../../tools/testbed/tools.ts';

/**
 * A program of another project that tests Baton from outside, where it is installed. Installs
 * nothing.
 */
export interface ForeignTool {
  readonly path: string;
  /** `describe`, or `describe.skip` where the program is missing. */
  readonly describe: typeof describe | typeof describe.skip;
  /** The name of the program, and how to get it where it is missing. */
  readonly title: string;
}

/**
 * @param name of its executable
 * @param hint how to get it
 */
export function foreignTool(name: string, hint: string): ForeignTool {
  const path = findForeignTool(name);
  return path === undefined
    ? { path: name, describe: describe.skip, title: `${name} (not here: ${hint})` }
    : { path, describe, title: name };
}

/** Named by an environment variable (H2LOAD_BIN), else in .tools/bin, else in PATH. */
export function findForeignTool(name: string): string | undefined {
  const named = process.env[`${name.toUpperCase().replaceAll('-', '_')}_BIN`];
  const folders = [join(checkoutDir, '.tools/bin'), ...(process.env.PATH ?? '').split(delimiter)];
  return named ?? folders.map((folder) => join(folder, name)).find(isExecutable);
}
