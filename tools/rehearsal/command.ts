import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { collect } from '../../src/config/flags.ts';
import { readProcessEnv } from '../../src/config/processEnv.ts';
import { BatonError, exitCodes } from '../../src/errors.ts';
import { runCommandLine } from '../commandLine/runCommandLine.ts';
import { waitForInterrupt } from '../testbed/interrupt.ts';
import { findTools } from '../testbed/tools.ts';
import type { TopologyOptions } from '../testbed/topology.ts';
import { planSteps } from './plan.ts';
import type { RehearsalPlan } from './rehearsal.ts';
import {
  rehearseDefaults as defaults,
  parseRehearseFlags,
  type RehearseFlags,
  type RehearseOptions,
} from './rehearseOptions.ts';
import { describeMachine } from './report/facts.ts';
import { createReport } from './report/report.ts';
import { summary } from './report/summary.ts';
import { prepareFolder, writeReport } from './report/write.ts';
import { runRehearsal } from './run.ts';
import { findFailures } from './verdict.ts';

const exitInterrupted = 130;

/** One token of a simulated stream; the number of tokens makes its length. */
const tokenMs = 100;
const firstTokenMs = 200;
const pauseMs = 3000;
/** Between two lines of progress in a pipeline's log. */
const lineEveryMs = 5000;

const help = `
Starts etcd, simulated pods, the instances and Envoy on this machine, keeps streams and short requests coming,
upgrades the instances one after the other, and writes report.json and report.html, a page of its own.

--from and --to name a release, as which this checkout runs, or the command of another Baton build:

  baton rehearse --from "node /srv/baton-1.4/src/cli/main.ts serve --config {config}" --to 1.5.0

  {config}       the configuration file (JSON, which is YAML); with it in the text it is a command
  {address}      where Envoy reaches the instance; {admin}: its admin port; both are in the file as well
  {release}, {generation}   as reports show them; in the file as well

The command is run without a shell, in the environment of this one without BATON_… variables. It must end with
exit code 0 on SIGTERM. Every second upgrade goes back from --to to --from, as a newer generation still, so that
each build meets the other as the older and as the newer one. Rollbacks retrace the last steps.

Envoy and etcd are those of "make tools"; ENVOY_BIN and ETCD_BIN name others.

Exit codes:
  0    no request failed, no response was cut, and each first decision was made on a loaded view
  1    anything else
  64   the command line is wrong
  130  interrupted: Ctrl-C ends everything that was started`;

/**
 * `baton rehearse`: upgrades under load on this machine and a report. Returns the exit code. After an
 * interruption clients and an upgrade may still run: the caller has to end the process.
 */
export function runRehearse(args: readonly string[]): Promise<number> {
  return runCommandLine(rehearseCommand(), args, rehearse);
}

export function rehearseCommand(): Command {
  return new Command('baton rehearse')
    .description('upgrade instances under streaming load and say whether a client could notice')
    .option('--from <release or command>', 'what runs at first', defaults.from)
    .option('--to <release or command>', 'what it is upgraded to', defaults.to)
    .option('--replicas <number>', 'Baton instances', defaults.replicas)
    .option('--times <number>', 'rolling upgrades, one after the other', defaults.times)
    .option('--rollbacks <number>', 'rolling steps back after them', defaults.rollbacks)
    .option('--clients <number>', 'clients, each with one stream at a time', defaults.clients)
    .option('--stream-seconds <number>', 'length of a stream', defaults.streamSeconds)
    .option('--rps <number>', 'short requests a second beside the streams', defaults.rps)
    .option('--pods <number>', 'simulated pods to start', defaults.pods)
    .option('--pod <ip:port>', 'a pod that runs already, repeatable; none is started', collect)
    .option('--etcd <url>', 'a member of an etcd that runs already, repeatable; none is started', collect)
    .option('--model <name>', 'what requests ask pods for that run already')
    .option(
      '--envoy-config <file>',
      'another Envoy configuration, with clusters scheduler and model_pods as in envoy/envoy.yaml',
    )
    .option('--report <folder>', 'where report.json and report.html are written', defaults.report)
    .addHelpText('after', help);
}

async function rehearse(flags: RehearseFlags, command: Command): Promise<number> {
  const parsed = parseRehearseFlags(flags);
  if (parsed.kind === 'problems') command.error(`error: ${parsed.problems.join('\nerror: ')}`);
  try {
    return await rehearseUpgrades(parsed.options);
  } catch (error) {
    if (error instanceof BatonError) throw error;
    // A part that did not start, or a folder that cannot be written to: a failed rehearsal, not a bug.
    process.stderr.write(`baton: ${(error as Error).message}\n`);
    return exitCodes.failed;
  }
}

async function rehearseUpgrades(options: RehearseOptions): Promise<number> {
  const { clients, reportDir } = options;
  const interrupted = waitForInterrupt();
  const topologyOptions = topologyOf(options);
  // Before the run: a folder that cannot be written to must not cost a whole rehearsal.
  await prepareFolder(reportDir);
  process.stdout.write(`${starting(options)}\n`);
  const staging = {
    topology: topologyOptions,
    plan: planOf(options),
    clients,
    lineEveryMs,
    interrupted,
  };
  const exitCode = await runRehearsal(staging, async (outcome, topology) => {
    const report = createReport(outcome, options, await describeMachine(topology));
    process.stdout.write(`\n${summary(report).join('\n')}\n`);
    await writeReport(reportDir, report);
    process.stdout.write(`\nReport: ${join(reportDir, 'report.html')}\n`);
    return findFailures(outcome).length === 0 ? 0 : exitCodes.failed;
  });
  return exitCode === 'interrupted' ? exitInterrupted : exitCode;
}

function starting({ replicas, pods, externalEtcd }: RehearseOptions): string {
  const parts = [
    ...(externalEtcd.length === 0 ? ['etcd'] : []),
    ...(pods > 0 ? [`${pods} simulated pods`] : []),
    `${replicas} Baton instances`,
  ];
  return `starting ${parts.join(', ')} and Envoy …`;
}

function topologyOf(options: RehearseOptions): TopologyOptions {
  const { from, to, replicas, pods, clients, requestsPerSecond, streamSeconds } = options;
  const { externalEtcd, externalPods, envoyConfig } = options;
  const { environment } = readProcessEnv();
  const isForeign = from.command !== undefined || to.command !== undefined;
  return {
    tools: findTools(environment, options.externalEtcd.length > 0 ? ['envoy'] : ['envoy', 'etcd']),
    release: { ...from, generation: 1 },
    instances: replicas,
    pods,
    // Unequal, so that the counts differ from pod to pod and a view of one's own would be seen at once.
    podWeights: Array.from({ length: pods }, (_, index) => (index % 3) + 1),
    podFlags: {
      slots: clients + requestsPerSecond,
      'ttft-ms': firstTokenMs,
      'token-ms': tokenMs,
      tokens: tokensOf(streamSeconds),
      jitter: 0.3,
    },
    // A pool of its own: in a given etcd it meets nobody else's records.
    baton: { pool: { name: `rehearsal-${process.pid}` } },
    ...(envoyConfig !== undefined && { envoyConfig: resolve(envoyConfig) }),
    ...(externalEtcd.length > 0 && { externalEtcd }),
    ...(externalPods.length > 0 && { externalPods }),
    ...(isForeign && { env: withoutSettings(environment) }),
  };
}

function planOf(options: RehearseOptions): RehearsalPlan {
  const { from, to, upgrades, rollbacks, clients, requestsPerSecond, streamSeconds, model } = options;
  const named = model === undefined ? {} : { model };
  const timeoutMs = 60_000 + 3000 * streamSeconds;
  const streams = {
    pace: { kind: 'closed', clients, rampMs: 2000 },
    body: { ...named, max_tokens: tokensOf(streamSeconds) },
    timeoutMs,
  } as const;
  const short = {
    pace: { kind: 'open', requestsPerSecond },
    body: { ...named, max_tokens: 1 },
    timeoutMs,
  } as const;
  return {
    steps: planSteps(from, to, upgrades, rollbacks),
    loads: requestsPerSecond > 0 ? [streams, short] : [streams],
    pauseMs: pauseMs,
  };
}

function tokensOf(streamSeconds: number): number {
  return Math.max(1, Math.round((streamSeconds * 1000 - firstTokenMs) / tokenMs));
}

/** Settings of this process's Baton would win over the file's. */
function withoutSettings(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('BATON_'),
  );
  return Object.fromEntries(kept);
}
