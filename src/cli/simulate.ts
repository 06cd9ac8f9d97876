import type { Command } from 'commander';
import { addToolCommand } from './toolCommand.ts';

/** `baton simulate`: scheduling policies on a virtual clock. */
export function addSimulateCommand(program: Command): void {
  addToolCommand(program, {
    name: 'simulate',
    description: 'compare ways to schedule a fleet, by simulation',
    run: async (args) => (await import('../../tools/simulator/command.ts')).runSimulate(args),
  });
}
