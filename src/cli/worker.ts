import type { Command } from 'commander';
import { keepHeapSmall } from '../instance/heap.ts';
import type { CommandContext } from './commandContext.ts';

/** `baton worker`: a process that `baton serve` starts; its parent sends it the configuration. */
export function addWorkerCommand(program: Command, { setUncaughtErrorHandler }: CommandContext): void {
  program
    .command('worker <id>', { hidden: true })
    .description('one of the workers that serve starts')
    .action(async () => {
      if (process.send === undefined) program.error('error: a worker is started by serve --workers');
      keepHeapSmall();
      const [{ serve }, { WorkerHost }] = await Promise.all([
        import('../instance/serve.ts'),
        import('../workers/workerHost.ts'),
      ]);
      const host = new WorkerHost();
      await serve(await host.config, host, setUncaughtErrorHandler);
    });
}
