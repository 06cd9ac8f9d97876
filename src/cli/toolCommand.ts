import type { Command } from 'commander';

export interface ToolCommandOptions {
  readonly name: string;
  readonly description: string;
  /** Loads the tool and runs it to its end; answers the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/**
 * A program of `tools/` as a command: it parses its own arguments, help included, and is loaded on
 * demand.
 */
export function addToolCommand(program: Command, { name, description, run }: ToolCommandOptions): void {
  program
    .command(name)
    .description(`${description}; see ${name} --help`)
    .helpOption(false)
    .argument('[arguments...]')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (args: readonly string[]) => {
      process.exitCode = await run(args);
    });
}
