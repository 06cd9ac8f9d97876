import type { Baton } from '../../../src/rehearsal/baton.ts';
import { Envoy } from '../../../src/rehearsal/envoy.ts';
import { freePorts } from '../../../src/rehearsal/ports.ts';
import { withCpu } from '../cpu.ts';
import { partsOf } from '../envoyParts.ts';
import { runLoad } from '../kit.ts';
import type { Stage } from '../stage.ts';
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

/** What one round of one variant gave, and what the shipped configuration gave beside it. */
export interface MeasuredVariant extends Cost {
  readonly variant: string;
  readonly round: number;
  readonly shipped: Cost;
  readonly isExact: boolean;
  /** Requests that failed, and those that Envoy let pass without a decision. */
  readonly failed: number;
}

/** Envoy with this variant of its configuration in front of a running scheduler; whoever starts it ends it. */
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

/** Loads both lines at the same time, so that whatever else the machine does meets both alike. */
export async function measurePair(
  name: string,
  round: number,
  line: Line,
  shipped: Line,
  seconds: number,
): Promise<MeasuredVariant> {
  await Promise.all([line, shipped].map(({ port }) => runLoad(port, { seconds: 2, requests: 5_000 })));
  const [own, reference] = await Promise.all([costOf(line, seconds), costOf(shipped, seconds)]);
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

async function costOf(
  { envoy, baton, port }: Line,
  seconds: number,
): Promise<{ cost: Cost; failed: number }> {
  const pids = [envoy.process.pid, baton.process.pid] as const;
  const { report, cpuUs } = await withCpu(pids, () => runLoad(port, { seconds }));
  const [envoyCpuUs, schedulerCpuUs] = cpuUs;
  return { cost: { envoyCpuUs, schedulerCpuUs, perSecond: report.perSecond }, failed: report.failed };
}
