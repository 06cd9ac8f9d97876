import type { Command } from 'commander';
import { addToolCommand } from './toolCommand.ts';

/** `baton rehearse`: upgrades under load. */
export function addRehearseCommand(program: Command): void {
  addToolCommand(program, {
    name: 'rehearse',
    description: 'upgrade instances under load on this machine, and report',
    run: async (args) => (await import('../../tools/rehearsal/command.ts')).runRehearse(args),
  });
}
