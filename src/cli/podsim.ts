import type { Command } from 'commander';
import { addToolCommand } from './toolCommand.ts';

/** `baton podsim`: a simulated inference pod. */
export function addPodsimCommand(program: Command): void {
  addToolCommand(program, {
    name: 'podsim',
    description: 'a simulated inference pod (OpenAI API)',
    run: async (args) => (await import('../../tools/podsim/command.ts')).runPodsim(args),
  });
}
