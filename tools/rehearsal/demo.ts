import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { readProcessEnv } from '../../src/config/processEnv.ts';
import { exitCodes } from '../../src/errors.ts';
import { runCommandLine } from '../commandLine/runCommandLine.ts';
import { waitForInterrupt } from '../testbed/interrupt.ts';
import { portsSummary } from '../testbed/portsSummary.ts';
import { findTools } from '../testbed/tools.ts';
import type { Topology } from '../testbed/topology.ts';
import { pageOpener } from './pageOpener.ts';
import { planSteps } from './plan.ts';
import { runRehearsal } from './run.ts';
import { findFailures, formatVerdict } from './verdict.ts';

interface DemoFlags {
  readonly once: boolean;
  readonly open: boolean;
  readonly clients: string;
}

/** Different weights, so that the counts differ (10, 20, 30) and an empty view is visible. */
const podWeights = [1, 2, 3];
const podFlags = { slots: 100, 'ttft-ms': 300, 'token-ms': 50, tokens: 40, jitter: 0.3 };
/** How long each state is shown before the next step. */
const pauseMs = 4000;
const exitInterrupted = 130;

const help = `
Starts etcd, three simulated pods that register, two Baton instances and Envoy on this machine, sends streams,
upgrades both instances, adds a pod and takes it away, and prints a verdict. On a desktop it opens the dashboard.

Envoy and etcd are found by ENVOY_BIN and ETCD_BIN, in .tools/bin of a checkout ("make tools"), or on the PATH.

Exit codes:
  0    no request failed, no response was cut, and each first decision was made on a loaded view
  1    a client could notice the upgrade
  64   the command line is wrong
  69   Envoy or etcd is missing
  130  interrupted: Ctrl-C ends all parts`;

/**
 * `baton demo`: all parts on this machine, with live traffic and a rolling upgrade. Returns the
 * exit code. After an interruption clients and an upgrade may still run: the caller has to end the
 * process.
 */
export function runDemo(args: readonly string[]): Promise<number> {
  const command = new Command('baton demo')
    .description('show all parts at work on this machine: traffic, an upgrade, a pod that comes and goes')
    .option('--once', 'end after the verdict, in place of Ctrl-C', false)
    .option('--clients <number>', 'streaming clients at once', '60')
    .option('--no-open', 'open no browser')
    .addHelpText('after', help);
  return runCommandLine(command, args, demo);
}

async function demo({ once, open, clients: text }: DemoFlags, command: Command): Promise<number> {
  const clients = Number(text);
  if (!Number.isInteger(clients) || clients < 1)
    command.error(`error: --clients ${text}: expected a number from 1 up`);
  const { environment } = readProcessEnv();
  const steps = planSteps({ release: '1.0.0' }, { release: '1.1.0' }, 1, 0);
  const tools = findTools(environment);
  const interrupted = waitForInterrupt();
  process.stdout.write('starting etcd, 3 simulated pods, 2 Baton instances and Envoy …\n');
  const options = {
    topology: { tools, registerPods: true, podWeights, podFlags },
    plan: { steps, loads: [{ pace: { kind: 'closed', clients, rampMs: 2000 } }], pauseMs, podVisit: true },
    clients,
    lineEveryMs: 1000,
    interrupted,
    onStarted: ({ instances: [first] }: Topology): void => {
      const isDesktop = open && !once && process.stdout.isTTY;
      if (isDesktop && first !== undefined) openPage(`${first.adminUrl}/`, environment);
    },
  } as const;
  const exitCode = await runRehearsal(options, async (outcome, topology) => {
    process.stdout.write(`\n${formatVerdict(outcome).join('\n')}\n`);
    if (!once) {
      process.stdout.write(`\nEverything runs until Ctrl-C. ${portsSummary(topology).join('\n')}\n`);
      await interrupted;
    }
    return findFailures(outcome).length === 0 ? exitCodes.ok : exitCodes.failed;
  });
  return exitCode === 'interrupted' ? exitInterrupted : exitCode;
}

/** In the browser of the desktop, where there is one. The address is printed anyway. */
function openPage(url: string, environment: Readonly<Record<string, string | undefined>>): void {
  const opener = pageOpener(process.platform, environment);
  if (opener === undefined) return;
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
