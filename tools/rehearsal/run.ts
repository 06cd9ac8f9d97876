import { startTopology, type Topology, type TopologyOptions } from '../testbed/topology.ts';
import { Dashboard } from './dashboard.ts';
import { Rehearsal, type RehearsalOutcome, type RehearsalPlan } from './rehearsal.ts';

/**
 * A rehearsal with everything around it: the topology starts, is played on before the viewer's eyes, and is
 * ended in every case. An interruption ends it all in good order, in whatever state it is.
 */
export interface RunOptions {
  readonly topology: TopologyOptions;
  readonly plan: RehearsalPlan;
  /** As shown to the viewer. */
  readonly clients: number;
  readonly lineEveryMs: number;
  readonly interrupted: Promise<'interrupted'>;
}

/** Answers what `afterwards` makes of the outcome while everything is still up. */
export async function runRehearsal<T>(
  { topology: options, plan, clients, lineEveryMs, interrupted }: RunOptions,
  afterwards: (outcome: RehearsalOutcome, topology: Topology) => Promise<T>,
): Promise<T | 'interrupted'> {
  const starting = startTopology(options);
  const topology = await Promise.race([starting, interrupted]);
  if (topology === 'interrupted') {
    process.stdout.write('ending what has been started …\n');
    await starting.then((started) => started.stop()).catch(() => {});
    return 'interrupted';
  }

  const rehearsal = new Rehearsal(topology, plan);
  const view = new Dashboard({ topology, rehearsal, clients, lineEveryMs });
  try {
    view.start();
    const outcome = await Promise.race([rehearsal.run(), interrupted]);
    view.close();
    return outcome === 'interrupted' ? outcome : await afterwards(outcome, topology);
  } finally {
    view.close();
    await rehearsal.close();
    await topology.stop();
  }
}
