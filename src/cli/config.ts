import type { Command } from 'commander';
import type { ConfigFlags } from '../config/flags.ts';
import { invalidConfig } from '../config/problem.ts';
import { type ProcessEnv, readProcessEnv } from '../config/processEnv.ts';
import type { CommandContext } from './commandContext.ts';
import { addConfigFlags } from './options.ts';
import { printLines } from './printLines.ts';

export interface PrintConfigOptions {
  readonly json?: boolean;
  readonly schema?: boolean;
  readonly markdownTable?: boolean;
}

/** `baton config`: prints the effective configuration, or what a configuration may hold. */
export function addConfigCommand(program: Command, { settingsHelp }: CommandContext): void {
  addConfigFlags(
    program.command('config').description('print every setting in effect and where it came from'),
  )
    .option('--json', 'for programs')
    .option('--schema', 'the JSON schema of the file, for editors')
    .option('--markdown-table', 'all settings as a table')
    .addHelpText('after', settingsHelp)
    .action(async (flags: ConfigFlags & PrintConfigOptions) => {
      printLines(await printConfig(flags, flags, readProcessEnv()));
    });
}

/**
 * @returns what to print
 * @throws BatonError `config-invalid`
 */
export async function printConfig(
  flags: ConfigFlags,
  options: PrintConfigOptions,
  env: ProcessEnv,
): Promise<string> {
  if (options.schema) return asJson((await import('../config/jsonSchema.ts')).jsonSchema());
  if (options.markdownTable) return `${(await import('../config/table.ts')).configTable()}\n`;
  const [{ load }, { configAsJson, configAsYaml }] = await Promise.all([
    import('../config/load.ts'),
    import('../config/printConfig.ts'),
  ]);
  const loaded = load(flags, env, 'nothing');
  if (loaded.kind === 'invalid') throw invalidConfig(loaded.problems);
  const { config, provenance } = loaded;
  return options.json ? asJson(configAsJson(config, provenance)) : configAsYaml(config, provenance);
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
