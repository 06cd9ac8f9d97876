import type { ConfigFlags } from '../config/flags.ts';
import type { Loaded, Preset } from '../config/load.ts';
import { invalidConfig } from '../config/problem.ts';
import { readProcessEnv } from '../config/processEnv.ts';
import type { Requirement } from '../config/requirements.ts';
import { BatonError } from '../errors.ts';

/** A valid configuration, with the origin of every value. */
export type ValidConfig = Extract<Loaded, { kind: 'ok' }>;

/** Known when the configuration is. */
let isVerbose = false;

/** Does the end of the process print the stack of its error? */
export function areStacksShown(): boolean {
  return isVerbose;
}

/**
 * Warns on standard error of secrets on the command line.
 *
 * @param preset further sources, for a command with defaults and flags of its own
 * @throws BatonError `config-invalid`, with a line for each problem; `usage-invalid` where a
 *   command for one pool is not told which of several
 */
export async function configure(
  flags: ConfigFlags,
  requirement: Requirement,
  preset?: Preset,
): Promise<ValidConfig> {
  const [{ load }, { exposedSecrets }] = await Promise.all([
    import('../config/load.ts'),
    import('../config/exposedSecrets.ts'),
  ]);
  const loaded = load(flags, readProcessEnv(), requirement, preset);
  if (loaded.kind === 'invalid') throw invalidConfig(loaded.problems);
  const { pools } = loaded.config;
  if (requirement !== 'endpoints' && pools.length > 0) {
    const names = pools.map(({ name }) => name).join(', ');
    throw new BatonError(
      'usage-invalid',
      `the configuration has several pools: name one with --pool (${names})`,
    );
  }
  for (const warning of exposedSecrets(loaded.config, loaded.provenance)) {
    process.stderr.write(`baton: warning: ${warning}\n`);
  }
  isVerbose = ['debug', 'trace'].includes(loaded.config.telemetry.logLevel);
  return loaded;
}
