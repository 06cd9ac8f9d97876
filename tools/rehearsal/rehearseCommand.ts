import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { collect } from '../../src/config/flags.ts';
import { readProcessEnv } from '../../src/config/processEnv.ts';
import { onInterrupt } from '../testbed/interrupt.ts';
import { findTools } from '../testbed/tools.ts';
import type { TopologyOptions } from '../testbed/topology.ts';
import { plannedSteps } from './plan.ts';
import type { RehearsalPlan } from './rehearsal.ts';
import {
  rehearseDefaults as defaults,
  type RehearseFlags,
  type RehearseOptions,
  readRehearseFlags,
} from './rehearseOptions.ts';
import { factsOf } from './report/facts.ts';
import { reportOf } from './report/report.ts';
import { summary } from './report/summary.ts';
import { prepareFolder, writeReport } from './report/write.ts';
import { run } from './run.ts';
import { complaints } from './verdict.ts';

/** `baton rehearse`: upgrades under load on this machine, a report, and an exit code for a pipeline. */
const exitFailed = 1;
/** EX_USAGE of sysexits.h. */
const exitUsage = 64;
const exitInterrupted = 130;

/** One token of a simulated stream; the number of tokens makes its length. */
const tokenMs = 100;
const firstTokenMs = 200;
const restMs = 3000;
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

export function rehearseCommand(): Command {
  const command = new Command('baton rehearse')
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
    .addHelpText('after', help)
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : Object.assign(error, { exitCode: exitUsage });
    });
  return command.action(async (flags: RehearseFlags) => {
    const read = readRehearseFlags(flags);
    if (read.kind === 'problems') {
      return command.error(`error: ${read.problems.join('\nerror: ')}`, { exitCode: exitUsage });
    }
    const exitCode = await rehearse(read.options).catch((error: Error) => {
      process.stderr.write(`baton: ${error.message}\n`);
      return exitFailed;
    });
    // Not exitCode: after Ctrl-C there may be clients and a step under way.
    process.exit(exitCode);
  });
}

async function rehearse(options: RehearseOptions): Promise<number> {
  const { clients, reportDir } = options;
  const interrupted = onInterrupt();
  // Now, not after a quarter of an hour under load.
  await prepareFolder(reportDir);
  process.stdout.write(`${starting(options)}\n`);
  const staging = {
    topology: topologyOf(options),
    plan: planOf(options),
    clients,
    lineEveryMs,
    interrupted,
  };
  const exitCode = await run(staging, async (outcome, topology) => {
    const report = reportOf(outcome, options, await factsOf(topology));
    process.stdout.write(`\n${summary(report).join('\n')}\n`);
    await writeReport(reportDir, report);
    process.stdout.write(`\nReport: ${join(reportDir, 'report.html')}\n`);
    return complaints(outcome).length === 0 ? 0 : exitFailed;
  });
  return exitCode === 'interrupted' ? exitInterrupted : exitCode;
}

function starting({ replicas, pods, givenEtcd }: RehearseOptions): string {
  const parts = [
    ...(givenEtcd.length === 0 ? ['etcd'] : []),
    ...(pods > 0 ? [`${pods} simulated pods`] : []),
    `${replicas} Baton instances`,
  ];
  return `starting ${parts.join(', ')} and Envoy …`;
}

function topologyOf(options: RehearseOptions): TopologyOptions {
  const { from, to, replicas, pods, clients, requestsPerSecond, streamSeconds } = options;
  const { givenEtcd, givenPods, envoyConfig } = options;
  const { environment } = readProcessEnv();
  const isForeign = from.command !== undefined || to.command !== undefined;
  return {
    tools: findTools(environment),
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
    ...(givenEtcd.length > 0 && { givenEtcd }),
    ...(givenPods.length > 0 && { givenPods }),
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
    steps: plannedSteps(from, to, upgrades, rollbacks),
    loads: requestsPerSecond > 0 ? [streams, short] : [streams],
    restMs,
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
