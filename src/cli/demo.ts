import type { Command } from 'commander';
import { addToolCommand } from './toolCommand.ts';

/** `baton demo`: all parts on this machine. */
export function addDemoCommand(program: Command): void {
  addToolCommand(program, {
    name: 'demo',
    description: 'all parts on this machine, with live traffic, an upgrade and the dashboard',
    run: async (args) => (await import('../../tools/rehearsal/demo.ts')).runDemo(args),
  });
}
