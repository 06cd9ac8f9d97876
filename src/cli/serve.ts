import type { Command } from 'commander';
import type { ConfigFlags } from '../config/flags.ts';
import type { Preset } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { keepHeapSmall } from '../instance/heap.ts';
import { StopSignals } from '../instance/stopSignals.ts';
import type { CommandContext } from './commandContext.ts';
import { configure } from './configure.ts';
import { addConfigFlags } from './options.ts';

/** `baton serve`: one instance, or the parent of several workers, until SIGTERM. */
export function addServeCommand(program: Command, context: CommandContext): void {
  addConfigFlags(program.command('serve').description('answer Envoy, until SIGTERM'))
    .addHelpText('after', context.settingsHelp)
    .action((flags: ConfigFlags) => runServe(flags, context));
}

/**
 * @param preset further sources of settings
 * @param onConfigured called before anything else starts
 * @throws BatonError when it cannot start
 */
export async function runServe(
  flags: ConfigFlags,
  { mainFile, signals: early, setUncaughtErrorHandler }: CommandContext,
  preset?: Preset,
  onConfigured?: (config: Config) => Promise<void>,
): Promise<void> {
  const signals = early ?? new StopSignals();
  keepHeapSmall();
  const { config } = await configure(flags, 'endpoints', preset);
  await onConfigured?.(config);
  if (signals.drain.aborted) return;
  if (config.server.workers > 1) {
    const { serveGroup } = await import('../workers/serveGroup.ts');
    process.exitCode = await serveGroup({ config, mainFile, signals });
    return;
  }
  const [{ serve }, { StandaloneHost }] = await Promise.all([
    import('../instance/serve.ts'),
    import('../instance/host.ts'),
  ]);
  const host = new StandaloneHost(config.server.address, signals);
  await serve(config, host, setUncaughtErrorHandler);
}
