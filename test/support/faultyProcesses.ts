import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Baton } from '../../tools/testbed/baton.ts';
import type { FaultOrder, ProcessFault } from './processFaults.ts';

const preload = join(import.meta.dirname, 'processFaults.ts');

/** An environment for instances in which standard output has no room for a single line. */
export const fullDiskEnvironment = { NODE_OPTIONS: `--import=${preload}`, FULL_DISK: '1' };

/** An environment for instances, and how to make something happen inside one of them. */
export function useFaultyProcesses(): {
  readonly env: Readonly<Record<string, string>>;
  inflict(instance: Baton, fault: ProcessFault): Promise<void>;
} {
  const faultFile = join(tmpdir(), `baton-fault-${process.pid}-${Math.random().toString(36).slice(2)}.json`);
  let nth = 0;
  afterAll(() => rm(faultFile, { force: true }));
  return {
    env: { NODE_OPTIONS: `--import=${preload}`, FAULT_FILE: faultFile },
    inflict: async (instance, fault) => {
      nth += 1;
      writeFileSync(faultFile, JSON.stringify({ nth, fault } satisfies FaultOrder));
      instance.process.signal('SIGUSR2');
      await instance.process.waitForLine(new RegExp(`^fault ${nth} is over$`));
    },
  };
}
