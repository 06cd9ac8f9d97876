import { type Command, CommanderError } from 'commander';
import { BatonError, exitCodes } from '../../src/errors.ts';

/**
 * Runs the command line of a tool. Each tool exports one function that takes arguments and returns
 * an exit code; it never ends the process.
 *
 * @param command its options; commander writes help and complaints about them
 * @param action what it does with the parsed flags; its result is the exit code
 */
export async function runCommandLine<Flags>(
  command: Command,
  args: readonly string[],
  action: (flags: Flags, command: Command) => Promise<number>,
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  command.exitOverride().action(async (flags: Flags) => {
    exitCode = await action(flags, command);
  });
  try {
    await command.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has printed the help, or what is wrong with the command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (!(error instanceof BatonError)) throw error;
    process.stderr.write(`baton: ${error.message}\n`);
    return error.exitCode;
  }
}
