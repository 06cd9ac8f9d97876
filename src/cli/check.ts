import type { Command } from 'commander';
import type { ConfigFlags } from '../config/flags.ts';
import { invalidConfig } from '../config/problem.ts';
import { type ProcessEnv, readProcessEnv } from '../config/processEnv.ts';
import type { CommandContext } from './commandContext.ts';
import { addConfigFlags } from './options.ts';
import { printLines } from './printLines.ts';

/** `baton check`: validates a configuration file. */
export function addCheckCommand(program: Command, { settingsHelp }: CommandContext): void {
  addConfigFlags(program.command('check <file>').description('check a configuration file'))
    .addHelpText(
      'after',
      `\nThe environment is left out, so that the answer is the same everywhere.\n${settingsHelp}`,
    )
    .action(async (file: string, flags: ConfigFlags) => {
      printLines(await checkFile(file, flags, readProcessEnv()));
    });
}

/**
 * Validates a file as `serve` would, with flags but without the environment, so that the answer is
 * the same on every machine.
 *
 * @returns what to print
 * @throws BatonError `config-invalid` or `extension-invalid`
 */
export async function checkFile(file: string, flags: ConfigFlags, env: ProcessEnv): Promise<string> {
  const { load } = await import('../config/load.ts');
  const loaded = load({ ...flags, config: file }, { ...env, environment: {} }, 'endpoints');
  if (loaded.kind === 'invalid') throw invalidConfig(loaded.problems);
  const [{ loadExtensions }, { createPolicySet }] = await Promise.all([
    import('../extensions/loadExtensions.ts'),
    import('../extensions/createPolicySet.ts'),
  ]);
  const { policies } = await loadExtensions(loaded.config.scheduling.extensions);
  const [{ unusedTraits }, { poolConfigs }] = await Promise.all([
    import('../config/unusedTraits.ts'),
    import('../config/poolInheritance.ts'),
  ]);
  const warnings = poolConfigs(loaded.config).flatMap((config) => {
    createPolicySet(config.scheduling, policies);
    const of = loaded.config.pools.length > 0 ? `pool ${config.pool.name}: ` : '';
    return unusedTraits(config, config.pool.endpoints).map((reason) => `warning: ${of}${reason}\n`);
  });
  return `${warnings.join('')}${file}: ok\n`;
}
