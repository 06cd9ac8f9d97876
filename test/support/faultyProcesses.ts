import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Baton } from '../../tools/testbed/baton.ts';
import type { FaultRequest, ProcessFault } from './processFaults.ts';

const preload = join(import.meta.dirname, 'processFaults.ts');

/** An environment for instances whose standard output is a full device. */
export const fullDiskEnvironment = { NODE_OPTIONS: `--import=${preload}`, FULL_DISK: '1' };

/** An environment for instances, and a function that injects a fault into one of them. */
export function useFaultyProcesses(): {
  readonly env: Readonly<Record<string, string>>;
  injectFault(instance: Baton, fault: ProcessFault): Promise<void>;
} {
  const faultFile = join(tmpdir(), `baton-fault-${process.pid}-${Math.random().toString(36).slice(2)}.json`);
  let nth = 0;
  afterAll(() => rm(faultFile, { force: true }));
  return {
    env: { NODE_OPTIONS: `--import=${preload}`, FAULT_FILE: faultFile },
    injectFault: async (instance, fault) => {
      nth += 1;
      writeFileSync(faultFile, JSON.stringify({ nth, fault } satisfies FaultRequest));
      instance.process.signal('SIGUSR2');
      await instance.process.waitForLine(new RegExp(`^fault ${nth} is over$`));
    },
  };
}
