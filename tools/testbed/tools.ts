import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { BatonError } from '../../src/errors.ts';
import { packageRoot } from '../../src/packageRoot.ts';

/** Finds the binaries of Envoy and etcd. Installs nothing: in a checkout, `make tools` does. */
export interface Tools {
  readonly envoy: string;
  readonly etcd: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface ToolDescription {
  readonly title: string;
  readonly variable: string;
  readonly howToGet: string;
}

/** The checkout, or the folder of the installed package. */
export const checkoutDir = packageRoot();

const descriptions: Readonly<Record<keyof Tools, ToolDescription>> = {
  envoy: {
    title: 'Envoy',
    variable: 'ENVOY_BIN',
    howToGet: 'Envoy 1.38 or newer: https://www.envoyproxy.io/docs/envoy/latest/start/install',
  },
  etcd: {
    title: 'etcd',
    variable: 'ETCD_BIN',
    howToGet: 'etcd 3.4 or newer: https://etcd.io/docs/latest/install/',
  },
};

/** Where `make tools` installs them in a checkout. */
const checkoutFolder = join(checkoutDir, '.tools', 'bin');

/**
 * The path of each named tool: its variable (`ENVOY_BIN`, `ETCD_BIN`), else `.tools/bin` of the
 * checkout, else the PATH. A variable that names no executable file is an error: nothing else is
 * used in its place.
 *
 * @param installedFolder what is searched before the PATH
 * @throws BatonError `tool-missing` that names every missing tool, each place that was searched,
 *   and how to get it.
 */
export function findTools<Name extends keyof Tools = keyof Tools>(
  environment: Environment,
  names: readonly Name[] = Object.keys(descriptions) as Name[],
  installedFolder = checkoutFolder,
): Pick<Tools, Name> {
  const found = new Map<Name, string>();
  const problems: string[] = [];
  for (const name of names) {
    const { title, variable, howToGet } = descriptions[name];
    const named = environment[variable];
    const candidates = named
      ? [named]
      : [installedFolder, ...pathFolders(environment)].map((folder) => join(folder, name));
    const path = candidates.find(isExecutable);
    if (path !== undefined) {
      found.set(name, path);
      continue;
    }
    const searched = named
      ? `${variable} names ${named}, which is not an executable file`
      : `no executable file "${name}" in ${installedFolder} or on the PATH, and ${variable} is not set`;
    problems.push(
      `${title} is missing: ${searched}. Get it with "make tools" in a checkout, or install ${howToGet}; ` +
        `then put it on the PATH or set ${variable}.`,
    );
  }
  if (problems.length > 0) throw new BatonError('tool-missing', problems.join(' '));
  return Object.fromEntries(found) as Pick<Tools, Name>;
}

/** Is there an executable file at this path? */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Relative folders of the PATH are left out: they would mean another file in another working
 * directory.
 */
function pathFolders({ PATH = '' }: Environment): readonly string[] {
  return PATH.split(delimiter).filter(isAbsolute);
}
