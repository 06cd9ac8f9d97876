import type { Baton } from '../../tools/testbed/baton.ts';
import type { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { Envoy } from '../../tools/testbed/envoy.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { withCpu } from '../cpu.ts';
import type { Stage } from '../environment.ts';
import { partsOf } from '../envoyParts.ts';
import { type KitLoadReport, runLoad } from '../kit.ts';
import { countsExactly } from './counting.ts';
import type { Variant } from './variants.ts';

/** An Envoy with a scheduler of its own. */
export interface Line {
  readonly envoy: Envoy;
  readonly port: number;
  readonly baton: Baton;
}

/** Processor time in µs per request. */
export interface Cost {
  readonly envoyCpuUs: number;
  readonly schedulerCpuUs: number;
  readonly perSecond: number;
}

/** Results of one round of one variant, and of the shipped configuration beside it. */
export interface MeasuredVariant extends Cost {
  readonly variant: string;
  readonly round: number;
  readonly shipped: Cost;
  readonly isExact: boolean;
  /** Failed requests, and those that Envoy let pass without a decision. */
  readonly failed: number;
}

/**
 * Starts Envoy with this variant of its configuration in front of a running scheduler; the caller
 * ends it.
 */
export async function startLine(
  { change }: Variant,
  baton: Baton,
  { tools, dir, pods }: Stage,
): Promise<Line> {
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const envoy = await Envoy.start({
    bin: tools.envoy,
    configuration: 'envoy.yaml',
    dir,
    listenerPort: port,
    adminPort,
    schedulers: [baton.address],
    pods,
    amend: (bootstrap) => change(partsOf(bootstrap)),
  });
  try {
    await envoy.waitForHealthy('scheduler', [baton.address]);
    await envoy.waitForHealthy('model_pods', pods);
  } catch (error) {
    await envoy.process.kill();
    throw error;
  }
  return { envoy, port, baton };
}

/** How often the two take turns in a round, so that the state of the machine affects both alike. */
const turns = 4;
/** Before each turn, after the stop. */
const wakeUp = { seconds: 0.3 } as const;

/** Loads both in turn; each is stopped (SIGSTOP) during the turn of the other. */
export async function measurePair(
  name: string,
  round: number,
  line: Line,
  shipped: Line,
  seconds: number,
): Promise<MeasuredVariant> {
  const own = new Account();
  const reference = new Account();
  try {
    for (let turn = 1; turn <= turns; turn += 1) {
      await takeTurn(shipped, line, reference, seconds / turns);
      await takeTurn(line, shipped, own, seconds / turns);
    }
  } finally {
    for (const process of [...processesOf(line), ...processesOf(shipped)]) process.resume();
  }
  const undecided = [...(await line.envoy.stats('ext_proc\\..*failure_mode_allowed$'))];
  return {
    variant: name,
    round,
    ...own.cost,
    shipped: reference.cost,
    isExact: await countsExactly(line.port, line.baton),
    failed: own.failed + undecided.reduce((sum, [, times]) => sum + times, 0),
  };
}

async function takeTurn(line: Line, other: Line, account: Account, seconds: number): Promise<void> {
  for (const process of processesOf(other)) process.pause();
  for (const process of processesOf(line)) process.resume();
  await runLoad(line.port, wakeUp);
  const pids = [line.envoy.process.pid, line.baton.process.pid] as const;
  account.add(await withCpu(pids, () => runLoad(line.port, { seconds })));
}

function processesOf({ envoy, baton }: Line): ChildProcess[] {
  return [envoy.process, baton.process];
}

/** The sum of the turns of one. */
class Account {
  failed = 0;
  #sent = 0;
  #seconds = 0;
  #envoyCpuUs = 0;
  #schedulerCpuUs = 0;

  get cost(): Cost {
    return {
      envoyCpuUs: this.#envoyCpuUs / this.#sent,
      schedulerCpuUs: this.#schedulerCpuUs / this.#sent,
      perSecond: this.#sent / this.#seconds,
    };
  }

  add({
    report,
    cpuUs: [envoy, scheduler],
  }: {
    report: KitLoadReport;
    cpuUs: readonly [number, number];
  }): void {
    this.failed += report.failed;
    this.#sent += report.sent;
    this.#seconds += report.seconds;
    this.#envoyCpuUs += envoy * report.sent;
    this.#schedulerCpuUs += scheduler * report.sent;
  }
}
