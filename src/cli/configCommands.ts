import { exitConfig } from '../config/exitConfig.ts';
import type { ConfigFlags } from '../config/flags.ts';
import { jsonSchema } from '../config/jsonSchema.ts';
import { load } from '../config/load.ts';
import { configAsJson, configAsYaml } from '../config/printConfig.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import type { ProcessEnv } from '../config/processEnv.ts';
import { configTable } from '../config/table.ts';

/**
 * What `baton check` and `baton config` answer, and what every other command says to a bad configuration.
 * Texts and exit codes only: main.ts writes them.
 */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Judges a file as `serve` would, with flags but without the environment, so that it says the same everywhere. */
export function check(file: string, flags: ConfigFlags, surroundings: ProcessEnv): CommandResult {
  const loaded = load({ ...flags, config: file }, { ...surroundings, environment: {} }, 'endpoints');
  return loaded.kind === 'ok' ? answer(`${file}: ok\n`) : configProblems(loaded.problems);
}

export interface ShowOptions {
  readonly json?: boolean;
  readonly schema?: boolean;
  readonly markdownTable?: boolean;
}

export function show(flags: ConfigFlags, options: ShowOptions, surroundings: ProcessEnv): CommandResult {
  if (options.schema) return answer(asJson(jsonSchema()));
  if (options.markdownTable) return answer(`${configTable()}\n`);
  const loaded = load(flags, surroundings, 'nothing');
  if (loaded.kind === 'invalid') return configProblems(loaded.problems);
  const { config, origins } = loaded;
  return answer(options.json ? asJson(configAsJson(config, origins)) : configAsYaml(config, origins));
}

/** Every problem on a line of its own. */
export function configProblems(problems: readonly Problem[]): CommandResult {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = [`baton: ${count} in the configuration`, ...problems.map(formatProblem)];
  return { exitCode: exitConfig, stdout: '', stderr: `${lines.join('\n  ')}\n` };
}

function answer(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' };
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
