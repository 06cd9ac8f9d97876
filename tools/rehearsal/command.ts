import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { collect } from '../../src/config/flags.ts';
import { readProcessEnv } from '../../src/config/processEnv.ts';
import { BatonError, exitCodes } from '../../src/errors.ts';
import { runCommandLine } from '../commandLine/runCommandLine.ts';
import { gatewayFile, gatewayNames } from '../testbed/gatewayFiles.ts';
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
import { readRehearsalMachine } from './report/rehearsalMachine.ts';
import { createReport } from './report/report.ts';
import { summary } from './report/summary.ts';
import { prepareFolder, writeReport } from './report/write.ts';
import { runRehearsal } from './run.ts';
import { findFailures } from './verdict.ts';
import { rehearsalWorkloads, rehearsedPod } from './workloads.ts';

const exitInterrupted = 130;

/** Time of one token of a simulated stream; the number of tokens sets its length. */
const tokenMs = 100;
const firstTokenMs = 200;
const pauseMs = 3000;
/** Some windows of conversations before, between and after upgrades. */
const conversationPauseMs = 25_000;
const poolName = `rehearsal-${process.pid}`;
/** Interval of the status lines in the log of a pipeline. */
const lineEveryMs = 5000;

const help = `
Starts etcd, simulated pods, the instances and Envoy on this machine, sends streams and short requests, upgrades
the instances one after the other, and writes report.json and report.html (one self-contained page).

--from and --to are labels of this build, or the command of another Baton build:

  baton rehearse --from "node /srv/baton-1.4/src/cli/main.ts serve --config {config}" --to 1.5.0

  {config}       the configuration file (JSON, which is YAML); a text that contains it is a command
  {address}      gRPC address of the instance; {admin}: its admin address; both are in the file as well
  {release}, {generation}   as in the report; in the file as well

The command runs without a shell, in the environment of this process without BATON_… variables. It must exit
with 0 on SIGTERM. Every second upgrade goes from --to back to --from, with a newer generation, so that each
build runs beside the other as the older and as the newer one. Rollbacks undo the last upgrades.

Envoy and etcd are found by ENVOY_BIN and ETCD_BIN, in .tools/bin of a checkout ("make tools"), or on the PATH.

Exit codes:
  0    no request failed, no response was cut, and each first decision was made on a loaded view
  1    the rehearsal failed
  64   the command line is wrong
  69   Envoy or etcd is missing
  130  interrupted: Ctrl-C ends all parts`;

/**
 * `baton rehearse`: upgrades under load on this machine and a report. Returns the exit code. After
 * an interruption clients and an upgrade may still run: the caller has to end the process.
 */
export function runRehearse(args: readonly string[]): Promise<number> {
  return runCommandLine(rehearseCommand(), args, rehearse);
}

export function rehearseCommand(): Command {
  return new Command('baton rehearse')
    .description('upgrade instances under streaming load and report whether a client could notice')
    .option('--from <release or command>', 'the first release', defaults.from)
    .option('--to <release or command>', 'the release it is upgraded to', defaults.to)
    .option('--replicas <number>', 'Baton instances', defaults.replicas)
    .option('--times <number>', 'number of rolling upgrades', defaults.times)
    .option('--rollbacks <number>', 'rolling rollbacks after the upgrades', defaults.rollbacks)
    .option('--clients <number>', 'clients, each with one stream at a time', defaults.clients)
    .option('--stream-seconds <number>', 'length of a stream', defaults.streamSeconds)
    .option('--rps <number>', 'short requests per second beside the streams', defaults.rps)
    .option(
      '--workload <name>',
      `conversations with pods that cache prompts, instead of streams: ${rehearsalWorkloads.map(({ name }) => name).join(', ')}`,
    )
    .option(
      '--most-hits-lost <points>',
      'with --workload: how much less of what was said before a pod may have cached',
      defaults.mostHitsLost,
    )
    .option(
      '--faults',
      'with --workload: then kill one instance, kill all of them, and stop etcd for a minute',
    )
    .option('--forget', 'with --workload: delete what instances share all the time, to see what it is worth')
    .option('--pods <number>', 'simulated pods to start', defaults.pods)
    .option('--pod <ip:port>', 'a running pod, repeatable; none is started', collect)
    .option('--etcd <url>', 'a member of a running etcd, repeatable; none is started', collect)
    .option('--model <name>', 'the model in requests to running pods')
    .option(
      '--envoy-config <file>',
      'another Envoy configuration, with clusters scheduler and model_pods as in envoy/envoy.yaml',
    )
    .option('--gateway <name>', `behind the Envoy configuration of a gateway: ${gatewayNames.join(', ')}`)
    .option('--report <folder>', 'folder of report.json and report.html', defaults.report)
    .addHelpText('after', help);
}

async function rehearse(flags: RehearseFlags, command: Command): Promise<number> {
  const parsed = parseRehearseFlags(flags);
  if (parsed.kind === 'problems') command.error(`error: ${parsed.problems.join('\nerror: ')}`);
  try {
    return await rehearseUpgrades(parsed.options);
  } catch (error) {
    if (error instanceof BatonError) throw error;
    // A part that did not start, or a folder that cannot be written to: a failed rehearsal, not a
    // bug.
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
  process.stdout.write(`${startMessage(options)}\n`);
  const runOptions = {
    topology: topologyOptions,
    plan: planOf(options),
    clients,
    lineEveryMs,
    interrupted,
  };
  const exitCode = await runRehearsal(runOptions, async (outcome, topology) => {
    const report = createReport(outcome, options, await readRehearsalMachine(topology));
    process.stdout.write(`\n${summary(report).join('\n')}\n`);
    await writeReport(reportDir, report);
    process.stdout.write(`\nReport: ${join(reportDir, 'report.html')}\n`);
    return findFailures(outcome).length === 0 ? 0 : exitCodes.failed;
  });
  return exitCode === 'interrupted' ? exitInterrupted : exitCode;
}

function startMessage({ replicas, pods, externalEtcd }: RehearseOptions): string {
  const parts = [
    ...(externalEtcd.length === 0 ? ['etcd'] : []),
    ...(pods > 0 ? [`${pods} simulated pods`] : []),
    `${replicas} Baton instances`,
  ];
  return `starting ${parts.join(', ')} and Envoy …`;
}

function topologyOf(options: RehearseOptions): TopologyOptions {
  const { from, to, replicas, pods, clients, requestsPerSecond, streamSeconds } = options;
  const { externalEtcd, externalPods, envoyConfig, gateway, conversations } = options;
  const { environment } = readProcessEnv();
  const isForeign = from.command !== undefined || to.command !== undefined;
  return {
    tools: findTools(environment, options.externalEtcd.length > 0 ? ['envoy'] : ['envoy', 'etcd']),
    release: { ...from, generation: 1 },
    instances: replicas,
    pods,
    // Different weights, so that the counts differ between pods and a wrong view is visible. With
    // conversations the pods are alike, as their caches are.
    ...(conversations === undefined && {
      podWeights: Array.from({ length: pods }, (_, index) => (index % 3) + 1),
    }),
    podFlags:
      conversations === undefined
        ? {
            slots: clients + requestsPerSecond,
            'ttft-ms': firstTokenMs,
            'token-ms': tokenMs,
            tokens: tokensOf(streamSeconds),
            jitter: 0.3,
          }
        : rehearsedPod,
    baton: {
      // A pool of its own, so that an external etcd has no records of others under it.
      pool: { name: poolName },
      ...(conversations !== undefined && { scheduling: { policy: 'prefix' } }),
    },
    ...(envoyConfig !== undefined && { envoyConfig: resolve(envoyConfig) }),
    ...(gateway !== undefined && { gateway: gatewayFile(gateway) }),
    ...(externalEtcd.length > 0 && { externalEtcd }),
    ...(externalPods.length > 0 && { externalPods }),
    ...(isForeign && { env: withoutSettings(environment) }),
  };
}

function planOf(options: RehearseOptions): RehearsalPlan {
  const { from, to, upgrades, rollbacks, clients, requestsPerSecond, streamSeconds, model } = options;
  const { conversations } = options;
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
  const steps = planSteps(from, to, upgrades, rollbacks);
  if (conversations !== undefined) {
    const forgetPool = conversations.forget ? { forgetPool: poolName } : {};
    const load = { ...conversations, ...forgetPool, clients, timeoutMs, ...named };
    return { steps, loads: [], conversations: load, pauseMs: conversationPauseMs };
  }
  return { steps, loads: requestsPerSecond > 0 ? [streams, short] : [streams], pauseMs };
}

function tokensOf(streamSeconds: number): number {
  return Math.max(1, Math.round((streamSeconds * 1000 - firstTokenMs) / tokenMs));
}

/** BATON_… variables of this process would replace settings of the configuration file. */
function withoutSettings(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('BATON_'),
  );
  return Object.fromEntries(kept);
}
