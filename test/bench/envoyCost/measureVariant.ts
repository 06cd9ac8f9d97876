import type { Baton } from '../../../src/rehearsal/baton.ts';
import { Envoy } from '../../../src/rehearsal/envoy.ts';
import { freePorts } from '../../../src/rehearsal/ports.ts';
import { withCpu } from '../cpu.ts';
import { partsOf } from '../envoyParts.ts';
import { runLoad } from '../kit.ts';
import type { Stage } from '../stage.ts';
import { countsExactly } from './counting.ts';
import type { Variant } from './variants.ts';

/** What one round of one variant gave; processor time in µs per request. */
export interface MeasuredVariant {
  readonly variant: string;
  readonly round: number;
  readonly envoyCpuUs: number;
  readonly schedulerCpuUs: number;
  readonly perSecond: number;
  readonly isExact: boolean;
  /** Requests that failed, and those that Envoy let pass without a decision. */
  readonly failed: number;
}

/** Starts Envoy with a variant of its configuration, measures it in front of a running scheduler, and ends it. */
export async function measureVariant(
  { name, change }: Variant,
  round: number,
  baton: Baton,
  { tools, dir, pods }: Stage,
  seconds: number,
): Promise<MeasuredVariant> {
  const [listenerPort, adminPort] = (await freePorts(2)) as [number, number];
  const envoy = await Envoy.start({
    bin: tools.envoy,
    configuration: 'envoy.yaml',
    dir,
    listenerPort,
    adminPort,
    schedulers: [baton.address],
    pods,
    amend: (bootstrap) => change(partsOf(bootstrap)),
  });
  try {
    await envoy.waitForHealthy('scheduler', [baton.address]);
    await envoy.waitForHealthy('model_pods', pods);
    await runLoad(listenerPort, { seconds: 2, requests: 5_000 });
    const pids = [envoy.process.pid, baton.process.pid] as const;
    const { report, cpuUs } = await withCpu(pids, () => runLoad(listenerPort, { seconds }));
    const undecided = [...(await envoy.stats('ext_proc\\..*failure_mode_allowed$'))];
    return {
      variant: name,
      round,
      envoyCpuUs: cpuUs[0],
      schedulerCpuUs: cpuUs[1],
      perSecond: report.perSecond,
      isExact: await countsExactly(listenerPort, baton),
      failed: report.failed + undecided.reduce((sum, [, times]) => sum + times, 0),
    };
  } finally {
    await envoy.process.kill();
  }
}
