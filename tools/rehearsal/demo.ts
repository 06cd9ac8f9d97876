import { parseArgs } from 'node:util';
import { readProcessEnv } from '../../src/config/processEnv.ts';
import { waitForInterrupt } from '../testbed/interrupt.ts';
import { portsSummary } from '../testbed/portsSummary.ts';
import { findTools } from '../testbed/tools.ts';
import { planSteps } from './plan.ts';
import { runRehearsal } from './run.ts';
import { findFailures, formatVerdict } from './verdict.ts';

/**
 * `make demo`: all parts on this machine, pods that register, live traffic, a rolling upgrade of
 * both instances, a pod that comes and goes, a verdict. With `--once` it ends after the verdict,
 * with exit code 1 if a request failed or was cut, or an instance started with an empty view.
 * Without, it runs until Ctrl-C.
 */
const usage = `usage: npm run demo -- [--once] [--clients N]

  --once       end after the verdict; exit code 1 if a client could notice the upgrade
  --clients N  streaming clients at once (default 60)
`;

/** Different weights, so that the counts differ (10, 20, 30) and an empty view is visible. */
const podWeights = [1, 2, 3];
const podFlags = { slots: 100, 'ttft-ms': 300, 'token-ms': 50, tokens: 40, jitter: 0.3 };
/** How long each state is shown before the next step. */
const pauseMs = 4000;

interface DemoOptions {
  readonly isOnce: boolean;
  readonly clients: number;
}

async function main(): Promise<number> {
  const flags = parseFlags();
  if (typeof flags === 'string') {
    process.stderr.write(`${flags}\n\n${usage}`);
    return 64;
  }
  const { clients, isOnce } = flags;
  const steps = planSteps({ release: '1.0.0' }, { release: '1.1.0' }, 1, 0);
  const interrupted = waitForInterrupt();
  process.stdout.write('starting etcd, 3 simulated pods, 2 Baton instances and Envoy …\n');
  const options = {
    topology: { tools: findTools(readProcessEnv().environment), registerPods: true, podWeights, podFlags },
    plan: { steps, loads: [{ pace: { kind: 'closed', clients, rampMs: 2000 } }], pauseMs, podVisit: true },
    clients,
    lineEveryMs: 1000,
    interrupted,
  } as const;
  const exitCode = await runRehearsal(options, async (outcome, topology) => {
    process.stdout.write(`\n${formatVerdict(outcome).join('\n')}\n`);
    if (!isOnce) {
      process.stdout.write(`\nEverything runs until Ctrl-C. ${portsSummary(topology).join('\n')}\n`);
      await interrupted;
    }
    return findFailures(outcome).length === 0 ? 0 : 1;
  });
  return exitCode === 'interrupted' ? 130 : exitCode;
}

function parseFlags(): DemoOptions | string {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean' }, clients: { type: 'string' } } });
    const clients = Number(values.clients ?? 60);
    if (!Number.isInteger(clients) || clients < 1)
      return `--clients ${values.clients}: expected a number from 1 up`;
    return { isOnce: values.once ?? false, clients };
  } catch (error) {
    return (error as Error).message;
  }
}

// Not exitCode: after Ctrl-C clients and a step of the upgrade may still run.
process.exit(
  await main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }),
);
