import { startTopology, type Topology, type TopologyOptions } from '../testbed/topology.ts';
import { Dashboard } from './dashboard.ts';
import { Rehearsal, type RehearsalOutcome, type RehearsalPlan } from './rehearsal.ts';

/**
 * Runs a rehearsal with everything around it: starts the topology, shows the progress, and ends the
 * topology in every case, also after an interruption.
 */
export interface RunOptions {
  readonly topology: TopologyOptions;
  readonly plan: RehearsalPlan;
  /** Shown in the dashboard. */
  readonly clients: number;
  readonly lineEveryMs: number;
  readonly interrupted: Promise<'interrupted'>;
  /** All parts run. */
  readonly onStarted?: (topology: Topology) => void;
}

/** Returns the result of `afterwards`, which runs while the topology is still up. */
export async function runRehearsal<T>(
  { topology: options, plan, clients, lineEveryMs, interrupted, onStarted }: RunOptions,
  afterwards: (outcome: RehearsalOutcome, topology: Topology) => Promise<T>,
): Promise<T | 'interrupted'> {
  const starting = startTopology(options);
  const topology = await Promise.race([starting, interrupted]);
  if (topology === 'interrupted') {
    process.stdout.write('ending the started parts …\n');
    await starting.then((started) => started.stop()).catch(() => {});
    return 'interrupted';
  }

  const pages = topology.instances.map(({ name, adminUrl }) => `${name} ${adminUrl}/`);
  process.stdout.write(`in a browser: ${pages.join(', ')}\n`);
  onStarted?.(topology);
  const rehearsal = new Rehearsal(topology, plan);
  const dashboard = new Dashboard({ topology, rehearsal, clients, lineEveryMs });
  try {
    dashboard.start();
    const outcome = await Promise.race([rehearsal.run(), interrupted]);
    dashboard.close();
    return outcome === 'interrupted' ? outcome : await afterwards(outcome, topology);
  } finally {
    dashboard.close();
    await rehearsal.close();
    await topology.stop();
  }
}
