import type { Command } from 'commander';
import { addToolCommand } from './toolCommand.ts';

/** `baton conformance`: a black-box suite for endpoint pickers. */
export function addConformanceCommand(program: Command): void {
  addToolCommand(program, {
    name: 'conformance',
    description: 'try an endpoint picker as a gateway uses it, and report what it does wrong',
    run: async (args) => (await import('../../tools/conformance/command.ts')).runConformance(args),
  });
}
