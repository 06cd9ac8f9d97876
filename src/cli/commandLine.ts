import { Command, CommanderError } from 'commander';
import { readProcessEnv } from '../config/processEnv.ts';
import { exitCodeOf, exitCodes } from '../errors.ts';
import type { StopSignals } from '../instance/stopSignals.ts';
import type { UncaughtErrorHandler } from '../instance/uncaughtErrors.ts';
import { addCheckCommand } from './check.ts';
import type { CommandContext } from './commandContext.ts';
import { addConfigCommand } from './config.ts';
import { areStacksShown } from './configure.ts';
import { addConformanceCommand } from './conformance.ts';
import { addDemoCommand } from './demo.ts';
import { addDynamicCommand } from './dynamic.ts';
import { addEppCommand } from './epp.ts';
import { addEtcdRolesCommand } from './etcdRoles.ts';
import { addExplainCommand } from './explain.ts';
import { formatError } from './formatError.ts';
import { exitCodesHelp, firstStepsHelp, loadSettingsHelp } from './help.ts';
import { addPodsimCommand } from './podsim.ts';
import { printErrorLines } from './printLines.ts';
import { addProbeCommand } from './probe.ts';
import { addRegisterCommand } from './register.ts';
import { addRehearseCommand } from './rehearse.ts';
import { addServeCommand } from './serve.ts';
import { addSimulateCommand } from './simulate.ts';
import { addStatusCommand } from './status.ts';
import { addTopCommand } from './top.ts';
import { addUpgradeCommand } from './upgrade.ts';
import { addWorkerCommand } from './worker.ts';

export interface CommandLine {
  /** The file that runs the command line, for processes that run it again. */
  readonly mainFile: string;
  readonly args: readonly string[];
  /** Of a command that runs until SIGTERM. */
  readonly signals: StopSignals | undefined;
}

/**
 * Runs one command and ends the process. Each command is a file of its own, which imports what it
 * runs only when it is called, so that `serve` and `probe` start fast.
 *
 * A command throws to fail, with the exit code of the error's code. One that has an answer other
 * than "done" sets `process.exitCode`.
 */
export async function runCommand(commandLine: CommandLine): Promise<never> {
  let isHandled: UncaughtErrorHandler = () => false;
  for (const origin of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(origin, (error: unknown) => {
      if (!isHandled(error, origin)) fail(error);
    });
  }
  const setUncaughtErrorHandler = (handler: UncaughtErrorHandler): void => {
    isHandled = handler;
  };
  try {
    await (await createProgram(commandLine, setUncaughtErrorHandler)).parseAsync(commandLine.args, {
      from: 'user',
    });
  } catch (error) {
    if (!(error instanceof CommanderError)) fail(error);
    // Commander has written what was asked for, or what is wrong with the command line.
    process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage);
  }
  // Connections and timers that are left are no reason to stay.
  process.exit();
}

async function createProgram(
  { mainFile, args, signals }: CommandLine,
  setUncaughtErrorHandler: CommandContext['setUncaughtErrorHandler'],
): Promise<Command> {
  const settingsHelp = await loadSettingsHelp(args);
  const context: CommandContext = { mainFile, signals, settingsHelp, setUncaughtErrorHandler };
  const program = new Command('baton')
    .description('An Envoy external-processing scheduler for fleets of inference pods')
    .version(readProcessEnv().packageVersion, '-V, --version')
    .enablePositionalOptions()
    .showHelpAfterError('(--help says more)')
    .exitOverride()
    .addHelpText('after', args.length === 0 ? firstStepsHelp : exitCodesHelp);
  addServeCommand(program, context);
  addEppCommand(program, context);
  addWorkerCommand(program, context);
  addCheckCommand(program, context);
  addConfigCommand(program, context);
  addRegisterCommand(program, context);
  addStatusCommand(program);
  addTopCommand(program);
  addExplainCommand(program);
  addUpgradeCommand(program);
  addDynamicCommand(program);
  addEtcdRolesCommand(program);
  addProbeCommand(program);
  addConformanceCommand(program);
  addDemoCommand(program);
  addPodsimCommand(program);
  addRehearseCommand(program);
  addSimulateCommand(program);
  return program;
}

/** Ends the process. Log lines that wait are written when it exits. */
function fail(error: unknown): never {
  printErrorLines(formatError(error));
  if (areStacksShown() && error instanceof Error && error.stack) printErrorLines(`${error.stack}\n`);
  process.exit(exitCodeOf(error));
}
