import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Where the binaries of the other real parts are. Installs nothing: `make tools` does. */
export interface Tools {
  readonly envoy: string;
  readonly etcd: string;
}

/** The checkout, seen from this file. */
export const checkoutDir = join(import.meta.dirname, '..', '..');

/**
 * `ENVOY_BIN` and `ETCD_BIN` of the given environment, else what `make tools` installed in the checkout.
 *
 * @throws Error that names each missing binary and what to do.
 */
export function findTools(env: Readonly<Record<string, string | undefined>>): Tools {
  const tools = {
    envoy: env.ENVOY_BIN || join(checkoutDir, '.tools', 'bin', 'envoy'),
    etcd: env.ETCD_BIN || join(checkoutDir, '.tools', 'bin', 'etcd'),
  };
  const missing = Object.entries(tools).filter(([, path]) => !isExecutable(path));
  if (missing.length > 0) {
    const names = missing.map(([tool, path]) => `${tool} (${path})`).join(' and ');
    throw new Error(`cannot run ${names}: run "make tools", or name it by ENVOY_BIN or ETCD_BIN`);
  }
  return tools;
}

/** Is there a program at this path? */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
