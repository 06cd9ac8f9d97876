import { closeSync, openSync, readFileSync } from 'node:fs';

/**
 * Faults inside a process under test, loaded before its own code (`--import`). On SIGUSR2 it reads
 * a fault from the file FAULT_FILE and injects it, then reports the end on stderr. With FULL_DISK
 * its standard output is a full device from the start.
 */
export type ProcessFault =
  /** The wall clock jumps by this much; timers and the monotonic clock are not affected. */
  | { readonly kind: 'clock'; readonly ms: number }
  /** The event loop is blocked for this long. */
  | { readonly kind: 'block'; readonly ms: number };

/** The content of the file. */
export interface FaultRequest {
  /** Counts the faults of one process. */
  readonly nth: number;
  readonly fault: ProcessFault;
}

const { FAULT_FILE: faultFile, FULL_DISK: fullDisk } = process.env;

if (fullDisk !== undefined) {
  closeSync(1);
  // open() returns the lowest free descriptor, which is 1.
  openSync('/dev/full', 'w');
}

if (faultFile !== undefined) {
  process.on('SIGUSR2', () => {
    const { nth, fault } = JSON.parse(readFileSync(faultFile, 'utf8')) as FaultRequest;
    if (fault.kind === 'clock') shiftClock(fault.ms);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fault.ms);
    process.stderr.write(`fault ${nth} is over\n`);
  });
}

let shiftedMs = 0;

function shiftClock(ms: number): void {
  if (shiftedMs === 0) {
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      // biome-ignore lint/suspicious/noExplicitAny: every form of Date's constructor goes through.
      constructor(...given: any[]) {
        if (given.length === 0) super(RealDate.now() + shiftedMs);
        else super(...(given as [number]));
      }

      static override now(): number {
        return RealDate.now() + shiftedMs;
      }
    } as DateConstructor;
  }
  shiftedMs += ms;
}
