#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { exitConfig } from '../config/exitConfig.ts';
import { addConfigFlags, addStoreFlags, type ConfigFlags, collect, storeFlags } from '../config/flags.ts';
import type { Loaded } from '../config/load.ts';
import { readProcessEnv } from '../config/processEnv.ts';
import type { Requirement } from '../config/requirements.ts';
import type { Config } from '../config/schema.ts';
import { BatonError } from '../errors.ts';
import { keepHeapSmall } from '../instance/heap.ts';
import { StopSignals } from '../instance/stopSignals.ts';
import { packageRoot } from '../packageRoot.ts';
import type { RegisterFlags } from '../pool/registration.ts';
import type { CommandResult } from './configCommands.ts';
import { addDynamicCommand } from './dynamic.ts';
import type { ProbeTls } from './runProbe.ts';
import { addUpgradeCommand } from './upgrade.ts';

/**
 * The command line. It loads of each command only what that command needs, so that `serve` and `probe` start
 * fast, and it is the one place that prints a configuration's problems and ends the process.
 */
const exitUsage = 64;
const exitUnavailable = 69;
const exitBug = 70;

/** How Node names a port that is taken and a side that is not there. */
const unavailable = /\b(EADDRINUSE|EADDRNOTAVAIL|ECONNREFUSED)\b/;

/** Files that the configuration names and that cannot be used, found when they are opened. */
const configErrors = new Set(['TlsFilesError']);

const exitCodesHelp = `
Exit codes:
  0   done
  1   failed, or the answer is no
  64  the command line is wrong
  69  unavailable: the port is in use, or the other side cannot be reached
  70  a bug in Baton
  78  the configuration is wrong`;

/** Whether a crash shows where it happened. Known once the configuration is. */
let showStacks = false;

// A third of the start is compiling (330 → 220 ms measured). The cache lies beside the code, not in the folder
// for temporary files that everybody may write to; where it cannot be written there is none.
enableCompileCache(join(packageRoot(), 'node_modules/.cache/baton'));
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => process.exit(explain(error)));
}
await run(process.argv.slice(2));

async function run(args: readonly string[]): Promise<void> {
  const program = await describeProgram(args);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) process.exit(explain(error));
    // Help and version were asked for; anything else commander has said already.
    process.exit(error.exitCode === 0 ? 0 : exitUsage);
  }
}

async function describeProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('baton')
    .description('An Envoy external-processing scheduler for fleets of inference pods')
    .version(readProcessEnv().packageVersion, '-V, --version')
    .enablePositionalOptions()
    .showHelpAfterError('(--help says more)')
    .exitOverride()
    .addHelpText('after', exitCodesHelp);
  // The list of settings costs a schema, so it is made only to be shown.
  const asksHelp = args.some((arg) => arg === '--help' || arg === '-h' || arg === 'help');
  const settings = asksHelp
    ? `\n${(await import('../config/table.ts')).settingsHelp()}\n${exitCodesHelp}`
    : '';

  addConfigFlags(program.command('serve').description('answer Envoy, until SIGTERM'))
    .addHelpText('after', settings)
    .action(async (flags: ConfigFlags) => {
      const signals = new StopSignals();
      keepHeapSmall();
      const config = await configure(flags, 'endpoints');
      if (config.server.workers > 1) {
        const { serveGroup } = await import('../workers/serveGroup.ts');
        process.exit(await serveGroup({ config, mainFile: import.meta.filename, signals }));
      }
      const [{ serve }, { StandaloneHost }] = await Promise.all([
        import('../instance/serve.ts'),
        import('../instance/host.ts'),
      ]);
      await serve(config, new StandaloneHost(config.server.address, signals));
      process.exit(0);
    });

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
      await serve(await host.config, host);
      process.exit(0);
    });

  addConfigFlags(program.command('check <file>').description('say what is wrong with a configuration file'))
    .addHelpText(
      'after',
      `\nThe environment is left out, so that the answer is the same everywhere.\n${settings}`,
    )
    .action(async (file: string, flags: ConfigFlags) => {
      const { check } = await import('./configCommands.ts');
      finish(check(file, flags, readProcessEnv()));
    });

  addConfigFlags(
    program.command('config').description('print every setting in effect and where it came from'),
  )
    .option('--json', 'for programs')
    .option('--schema', 'the JSON schema of the file, for editors')
    .option('--markdown-table', 'all settings as a table')
    .addHelpText('after', settings)
    .action(async (flags: ConfigFlags & { json?: boolean; schema?: boolean; markdownTable?: boolean }) => {
      const { show } = await import('./configCommands.ts');
      finish(show(flags, flags, readProcessEnv()));
    });

  addStoreFlags(program.command('register').description('keep a pod registered in etcd while it lives'))
    .requiredOption('--address <ip:port>', 'where the pod takes requests')
    .option('--weight <number>', 'capacity relative to the other pods')
    .option('--label <name=value>', 'repeatable', collect)
    .option('--model <name>', 'a model it serves, repeatable', collect)
    .option('--slots <number>', 'requests it can run at once')
    .option('--health <url>', 'registered only while this answers 2xx')
    .addHelpText('after', exitCodesHelp)
    .action(async (flags: ConfigFlags & RegisterFlags) => {
      const { etcd, pool, instance, telemetry } = await configure(storeFlags(flags), 'etcd');
      const [{ register }, { openProcessLog }] = await Promise.all([
        import('../pool/register.ts'),
        import('../telemetry/processLog.ts'),
      ]);
      const { log, close } = openProcessLog({ level: telemetry.logLevel, instance });
      const store = { ...etcd, prefix: `${etcd.prefix}/${pool.name}/` };
      const exitCode = await register({ ...flags, store, log });
      await close();
      process.exit(exitCode);
    });

  addStoreFlags(program.command('status').description('show instances, their phases and the load they see'))
    .option('--admin <host:port>', 'ask this instance instead of etcd')
    .option('--json', 'for programs', false)
    .addHelpText('after', exitCodesHelp)
    .action(async (flags: ConfigFlags & { json: boolean }) => {
      const { admin, etcd, pool } = await configure(storeFlags(flags), 'nothing');
      const { runStatus: status } = await import('./runStatus.ts');
      const source =
        flags.admin === undefined && etcd.endpoints.length > 0
          ? { etcd }
          : { admin: flags.admin ?? admin.address };
      process.exit(await status({ ...source, pool: pool.name, json: flags.json }));
    });

  addUpgradeCommand(program, exitCodesHelp, async (flags, order) => {
    const { etcd, pool } = await configure(storeFlags(flags), 'etcd');
    const { runUpgrade: upgrade } = await import('./runUpgrade.ts');
    process.exit(await upgrade({ order, etcd, pool: pool.name }));
  });

  addDynamicCommand(program, exitCodesHelp, async (flags, order) => {
    const loaded = await loadSound(storeFlags(flags), 'etcd');
    const { runDynamic: live } = await import('./runDynamic.ts');
    return finish(await live({ ...loaded, order }));
  });

  program
    .command('probe')
    .description('ask a scheduler for its gRPC health: 0 serving, 1 not serving, 2 unreachable')
    .option('--address <host:port>', 'whom to ask', '127.0.0.1:9002')
    .option('--service <name>', 'what to ask for: readiness, liveness, or as Envoy does', 'readiness')
    .option('--timeout-ms <number>', 'how long to wait', '1000')
    .option('--ca <file>', 'ask over TLS, and trust certificates of this authority (PEM)', readPem)
    .option('--server-name <name>', 'the name in its certificate, where that is not the host of --address')
    .option('--cert <file>', 'show this certificate, if it asks for one (PEM)', readPem)
    .option('--key <file>', 'the key of --cert (PEM)', readPem)
    .action(async (flags: ProbeFlags, command: Command) => {
      const timeoutMs = Number(flags.timeoutMs);
      if (!(timeoutMs > 0)) command.error('error: --timeout-ms is not a number above 0');
      const { ca, cert, key } = flags;
      if ((cert || key) && !(cert && key && ca)) command.error('error: --cert, --key and --ca go together');
      const { probe } = await import('./runProbe.ts');
      process.exit(await probe({ ...flags, timeoutMs }));
    });

  passOn(
    program,
    { name: 'podsim', description: 'a simulated inference pod (OpenAI API)' },
    async (given) => {
      const { runPodsim } = await import('../../tools/podsim/command.ts');
      process.exit(await runPodsim(given));
    },
  );

  passOn(
    program,
    { name: 'rehearse', description: 'upgrade instances under load on this machine, and report' },
    async (given) => {
      const { runRehearse } = await import('../../tools/rehearsal/command.ts');
      process.exit(await runRehearse(given));
    },
  );

  passOn(
    program,
    { name: 'simulate', description: 'compare ways to schedule a fleet, by simulation' },
    async (given) => {
      const { runSimulate } = await import('../../tools/simulator/command.ts');
      process.exit(await runSimulate(given));
    },
  );

  return program;
}

/** A command with a command line of its own, help included. */
function passOn(
  program: Command,
  { name, description }: { name: string; description: string },
  run: (given: readonly string[]) => Promise<void>,
): void {
  program
    .command(name)
    .description(`${description}; see ${name} --help`)
    .helpOption(false)
    .argument('[arguments...]')
    .passThroughOptions()
    .allowUnknownOption()
    .action(run);
}

interface ProbeFlags extends ProbeTls {
  readonly address: string;
  readonly service: string;
  readonly timeoutMs: string;
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** A sound configuration; with any other it prints every problem and ends the process. */
async function configure(flags: ConfigFlags, need: Requirement): Promise<Config> {
  return (await loadSound(flags, need)).config;
}

/** The same, with the origin of every value. */
async function loadSound(flags: ConfigFlags, need: Requirement): Promise<Extract<Loaded, { kind: 'ok' }>> {
  const [{ load }, { configProblems: refuse }] = await Promise.all([
    import('../config/load.ts'),
    import('./configCommands.ts'),
  ]);
  const loaded = load(flags, readProcessEnv(), need);
  if (loaded.kind === 'invalid') return finish(refuse(loaded.problems));
  showStacks = ['debug', 'trace'].includes(loaded.config.telemetry.logLevel);
  return loaded;
}

function finish({ stdout, stderr, exitCode }: CommandResult): never {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exit(exitCode);
}

/** Says in one line why the process ends, and answers its exit code. */
function explain(error: unknown): number {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 8; cause = cause.cause) chain.push(cause);
  let words = chain[0]?.message ?? String(error);
  for (const { message } of chain) if (!words.includes(message)) words += `: ${message}`;
  process.stderr.write(`baton: ${words.replace(/\s*\n\s*/g, ' ')}\n`);
  if (showStacks && chain[0]?.stack) process.stderr.write(`${chain[0].stack}\n`);
  const known = chain.find((cause) => cause instanceof BatonError);
  if (known) return known.exitCode;
  if (chain.some(({ name }) => configErrors.has(name))) return exitConfig;
  const isUnavailable = chain.some(({ name }) => name === 'ListenError') || unavailable.test(words);
  return isUnavailable ? exitUnavailable : exitBug;
}
