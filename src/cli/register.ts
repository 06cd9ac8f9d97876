import type { Command } from 'commander';
import { type ConfigFlags, collect, storeFlags } from '../config/flags.ts';
import { BatonError } from '../errors.ts';
import { StopSignals } from '../instance/stopSignals.ts';
import type { RegisterFlags } from '../pool/registration.ts';
import type { CommandContext } from './commandContext.ts';
import { configure } from './configure.ts';
import { exitCodesHelp } from './help.ts';
import { addStoreFlags } from './options.ts';

/**
 * `baton register`: a sidecar that keeps its pod in the pool, from its start to SIGTERM or SIGINT.
 */
export function addRegisterCommand(program: Command, { signals }: CommandContext): void {
  addStoreFlags(program.command('register').description('keep a pod registered in etcd while it lives'))
    .requiredOption('--address <ip:port>', 'where the pod takes requests')
    .option('--weight <number>', 'capacity relative to the other pods')
    .option('--label <name=value>', 'repeatable', collect)
    .option('--model <name>', 'a model it serves, repeatable', collect)
    .option('--slots <number>', 'requests it can run at once')
    .option('--health <url>', 'registered only while this answers 2xx')
    .addHelpText('after', exitCodesHelp)
    .action((flags: ConfigFlags & RegisterFlags) => register(flags, signals ?? new StopSignals()));
}

async function register(flags: ConfigFlags & RegisterFlags, signals: StopSignals): Promise<void> {
  const [{ config }, { parseRegistration }] = await Promise.all([
    configure(storeFlags(flags), 'etcd'),
    import('../pool/registration.ts'),
  ]);
  const parsed = parseRegistration(flags);
  if (parsed.kind === 'problems') {
    const { formatEndpointProblems } = await import('../pool/endpointProblems.ts');
    throw new BatonError('usage-invalid', `register: ${formatEndpointProblems(parsed.problems)}`);
  }
  const [{ EtcdSession }, { keepRegistered }, { stateCodecs }, { recordKeys }, { openProcessLog }] =
    await Promise.all([
      import('../etcd/etcdSession.ts'),
      import('../pool/keepRegistered.ts'),
      import('../proto/stateCodecs.ts'),
      import('../proto/records/recordKeys.ts'),
      import('../telemetry/processLog.ts'),
    ]);
  const { etcd, pool, instance, telemetry } = config;
  const processLog = openProcessLog({ level: telemetry.logLevel, instance });
  const prefix = `${etcd.prefix}/${pool.name}/${recordKeys.endpoints}`;
  await keepRegistered(parsed.registration, {
    openStore: () => new EtcdSession({ ...etcd, prefix }),
    encode: ({ models, ...endpoint }) =>
      stateCodecs.registeredEndpoint.encode({ ...endpoint, models: [...models] }),
    log: processLog.log,
    signal: signals.drain,
  });
  await processLog.close();
}
