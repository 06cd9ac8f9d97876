import type { Command } from 'commander';
import type { ConfigFlags } from '../config/flags.ts';
import type { PickerFlags } from '../config/pickerFlags.ts';
import type { Config } from '../config/schema.ts';
import type { CommandContext } from './commandContext.ts';
import { addConfigFlags } from './options.ts';
import { runServe } from './serve.ts';

const help = `
The flags of the endpoint pickers' charts are settings here: --pool-name, --pool-namespace,
--endpoint-selector, --endpoint-target-ports, --grpc-port, --grpc-health-port, --metrics-port,
--secure-serving, --cert-path, --drain-timeout, -v. Others are logged and ignored.
Defaults: ports 9002, 9003 (health) and 9090 (metrics) on every interface, self-signed TLS, one address
in a decision, and the route chosen again.
`;

/**
 * `baton epp`: `serve` with what gateways expect of an endpoint picker, and with the command line
 * that the charts of others give to theirs, so that the image can be replaced in them.
 */
export function addEppCommand(program: Command, context: CommandContext): void {
  addConfigFlags(program.command('epp').description("serve as a gateway's endpoint picker, until SIGTERM"))
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', `${help}${context.settingsHelp}`)
    .action(async (flags: ConfigFlags, { args }: Command) => {
      const [{ readPickerFlags }, { pickerDefaults }] = await Promise.all([
        import('../config/pickerFlags.ts'),
        import('../config/pickerDefaults.ts'),
      ]);
      const picker = readPickerFlags(args);
      await runServe(flags, context, { defaults: pickerDefaults, flags: picker }, (config) =>
        warnOfFlags(config, picker),
      );
    });
}

async function warnOfFlags(
  { instance, telemetry }: Config,
  { ignored, unknown }: Pick<PickerFlags, 'ignored' | 'unknown'>,
): Promise<void> {
  if (ignored.length + unknown.length === 0) return;
  const { openProcessLog } = await import('../telemetry/processLog.ts');
  const { log, close } = openProcessLog({ level: telemetry.logLevel, instance });
  if (ignored.length > 0) {
    const remedy = 'settings of Baton are given with --config FILE or --set NAME=VALUE';
    log.warn(
      { event: 'epp.flags-ignored', flags: ignored, remedy },
      'flags without a counterpart are ignored',
    );
  }
  if (unknown.length > 0)
    log.warn({ event: 'epp.flags-unknown', flags: unknown }, 'unknown flags are ignored');
  await close();
}
