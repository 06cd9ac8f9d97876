import type { AttackOutcome } from './attackThread.ts';
import type { NeighbourReport } from './neighbour.ts';
import type { Stall } from './stalls.ts';

/** What one attack did to the instance and to a neighbour. */
export interface MeasuredAttack {
  readonly name: string;
  readonly group: string;
  readonly neighbour: NeighbourReport;
  readonly attacker: AttackOutcome;
  readonly stall: Stall;
  /** Resident, in MiB: idle, the most during the attack, and when its connections are gone. */
  readonly memory: { readonly before: number; readonly most: number; readonly after: number };
  /** Open file descriptors of the instance. */
  readonly descriptors: { readonly before: number; readonly after: number };
  /** Empty when it runs as it did, tells Envoy that it serves, and its admin port answers. */
  readonly broken: string;
}
