import { join } from 'node:path';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import type { FleetLoad } from './options.ts';

/** Requests at each pod at one time. */
export interface Sample {
  readonly atUnixMs: number;
  readonly inFlight: readonly number[];
}

/** All pods of the benchmark, in one process, and their samples. */
export class PodFleet {
  readonly addresses: readonly string[];
  readonly process: ChildProcess;
  readonly #samples: Sample[] = [];

  private constructor(addresses: readonly string[], process: ChildProcess) {
    this.addresses = addresses;
    this.process = process;
    process.output.onLine((line) => {
      if (line.startsWith('{')) this.#samples.push(JSON.parse(line) as Sample);
    });
  }

  static async start({ pods, slots }: FleetLoad): Promise<PodFleet> {
    const ports = await freePorts(pods);
    const file = join(checkoutDir, 'bench', 'balance', 'pods.ts');
    const child = await ChildProcess.start({
      name: 'pods',
      command: process.execPath,
      args: [file, String(slots), ...ports.map(String)],
    });
    const fleet = new PodFleet(
      ports.map((port) => `127.0.0.1:${port}`),
      child,
    );
    await child.waitForLine(/^listening$/);
    return fleet;
  }

  samples(fromUnixMs: number, toUnixMs: number): Sample[] {
    return this.#samples.filter(({ atUnixMs }) => atUnixMs >= fromUnixMs && atUnixMs <= toUnixMs);
  }
}
