import { closeSync, openSync, readFileSync } from 'node:fs';

/**
 * Loaded into a process under test before its own code (`--import`), to make happen inside it what cannot be
 * done from outside. On SIGUSR2 it reads what to do from the file that FAULT_FILE names; with FULL_DISK its
 * standard output is a device without room from the start. It says on stderr when it is done.
 */
export type ProcessFault =
  /** The wall clock jumps by this much; timers and the clock that never jumps stay as they are. */
  | { readonly kind: 'clock'; readonly ms: number }
  /** The event loop does nothing else for this long. */
  | { readonly kind: 'block'; readonly ms: number };

/** What the file holds. */
export interface FaultOrder {
  /** Tells one from the next. */
  readonly nth: number;
  readonly fault: ProcessFault;
}

const { FAULT_FILE: faultFile, FULL_DISK: fullDisk } = process.env;

if (fullDisk !== undefined) {
  closeSync(1);
  // The system gives the lowest free descriptor, which is the one just closed.
  openSync('/dev/full', 'w');
}

if (faultFile !== undefined) {
  process.on('SIGUSR2', () => {
    const { nth, fault } = JSON.parse(readFileSync(faultFile, 'utf8')) as FaultOrder;
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
