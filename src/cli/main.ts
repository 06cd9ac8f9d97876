#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { readProcessEnv } from '../config/processEnv.ts';
import { exitCodeOf, exitCodes } from '../errors.ts';
import { packageRoot } from '../packageRoot.ts';
import { addCheckCommand } from './check.ts';
import type { CommandContext } from './commandContext.ts';
import { addConfigCommand } from './config.ts';
import { areStacksShown } from './configure.ts';
import { addDynamicCommand } from './dynamic.ts';
import { formatError } from './formatError.ts';
import { exitCodesHelp, loadSettingsHelp } from './help.ts';
import { addPodsimCommand } from './podsim.ts';
import { addProbeCommand } from './probe.ts';
import { addRegisterCommand } from './register.ts';
import { addRehearseCommand } from './rehearse.ts';
import { addServeCommand } from './serve.ts';
import { addSimulateCommand } from './simulate.ts';
import { addStatusCommand } from './status.ts';
import { addUpgradeCommand } from './upgrade.ts';
import { addWorkerCommand } from './worker.ts';

/**
 * The command line. This file lists the commands and ends the process; each command is a file of
 * its own, which imports what it runs only when it is called, so that `serve` and `probe` start
 * fast.
 *
 * A command throws to fail, with the exit code of the error's code. One that has an answer other
 * than "done" sets `process.exitCode`.
 */

// A third of the start is compiling (330 → 220 ms measured). The cache lies beside the code, not in
// the folder for temporary files that everybody may write to; where it cannot be written there is
// none.
enableCompileCache(join(packageRoot(), 'node_modules/.cache/baton'));
for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, fail);

try {
  await (await createProgram()).parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) fail(error);
  // Commander has written what was asked for, or what is wrong with the command line.
  else process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage);
}
// Connections and timers that are left are no reason to stay.
process.exit();

async function createProgram(): Promise<Command> {
  const context: CommandContext = {
    mainFile: import.meta.filename,
    settingsHelp: await loadSettingsHelp(process.argv),
  };
  const program = new Command('baton')
    .description('An Envoy external-processing scheduler for fleets of inference pods')
    .version(readProcessEnv().packageVersion, '-V, --version')
    .enablePositionalOptions()
    .showHelpAfterError('(--help says more)')
    .exitOverride()
    .addHelpText('after', exitCodesHelp);
  addServeCommand(program, context);
  addWorkerCommand(program);
  addCheckCommand(program, context);
  addConfigCommand(program, context);
  addRegisterCommand(program);
  addStatusCommand(program);
  addUpgradeCommand(program);
  addDynamicCommand(program);
  addProbeCommand(program);
  addPodsimCommand(program);
  addRehearseCommand(program);
  addSimulateCommand(program);
  return program;
}

/** Ends the process. Log lines that wait are written when it exits. */
function fail(error: unknown): void {
  process.stderr.write(formatError(error));
  if (areStacksShown() && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`);
  process.exit(exitCodeOf(error));
}
