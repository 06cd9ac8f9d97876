import type { Command } from 'commander';
import { reasonOfFileError } from '../boundedFile.ts';
import type { ConfigFlags } from '../config/flags.ts';
import type { Preset } from '../config/load.ts';
import type { PickerFlags } from '../config/pickerFlags.ts';
import type { PickerPlugins } from '../config/pickerPlugins.ts';
import { readProcessEnv } from '../config/processEnv.ts';
import type { Config } from '../config/schema.ts';
import type { CommandContext } from './commandContext.ts';
import { addConfigFlags } from './options.ts';
import { runServe } from './serve.ts';

const help = `
The flags of the endpoint pickers' charts are settings here: --pool-name, --pool-namespace,
--endpoint-selector, --endpoint-target-ports, --grpc-port, --grpc-health-port, --metrics-port,
--secure-serving, --cert-path, --drain-timeout, -v; the scorers in --config-file are taken as a
policy. Others are logged and ignored.
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
      const plugins = await readPlugins(picker.plugins);
      const policy = plugins?.kind === 'read' ? plugins.policy : undefined;
      const defaults: Preset['defaults'] = (given) => pickerDefaults(given, policy);
      await runServe(flags, context, { defaults, flags: picker }, (config) =>
        logCommandLine(config, picker, plugins),
      );
    });
}

/** undefined: the command line names none. */
async function readPlugins({ file, text }: PickerFlags['plugins']): Promise<PickerPlugins | undefined> {
  if (file === undefined && text === undefined) return undefined;
  const { readPickerPlugins } = await import('../config/pickerPlugins.ts');
  try {
    return readPickerPlugins(text ?? readProcessEnv().readFile(file ?? ''));
  } catch (error) {
    return { kind: 'unreadable', why: reasonOfFileError(error) };
  }
}

async function logCommandLine(
  { instance, scheduling, telemetry }: Config,
  { ignored, unknown }: Pick<PickerFlags, 'ignored' | 'unknown'>,
  plugins: PickerPlugins | undefined,
): Promise<void> {
  const { openProcessLog } = await import('../telemetry/processLog.ts');
  const { log, close } = openProcessLog({ level: telemetry.logLevel, instance });
  if (plugins?.kind === 'unreadable') {
    log.warn(
      { event: 'epp.plugins-unreadable', reason: plugins.why },
      'the EndpointPickerConfig is not used',
    );
  } else if (plugins !== undefined) {
    const { policy = null, unknown: scorers } = plugins;
    const fields = { policy, used: scheduling.policy, unknown: scorers };
    log.info(
      { event: 'epp.plugins-read', ...fields },
      'scorers of the EndpointPickerConfig taken as a policy',
    );
  }
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
