import type { ConfigFlags } from '../config/flags.ts';
import type { Loaded, Preset } from '../config/load.ts';
import { invalidConfig } from '../config/problem.ts';
import { readProcessEnv } from '../config/processEnv.ts';
import type { Requirement } from '../config/requirements.ts';

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
 * @throws BatonError `config-invalid`, with a line for each problem
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
  for (const warning of exposedSecrets(loaded.config, loaded.provenance)) {
    process.stderr.write(`baton: warning: ${warning}\n`);
  }
  isVerbose = ['debug', 'trace'].includes(loaded.config.telemetry.logLevel);
  return loaded;
}
