import { type HealthRecord, unknownHealth } from './healthVerdict.ts';
import type { EndpointFault } from './pool.ts';
import { UsualProbeTime } from './usualProbeTime.ts';

/** What the prober holds of one endpoint. */
export class ProbeTarget {
  readonly address: string;
  readonly usual = new UsualProbeTime();
  health: HealthRecord = unknownHealth;
  everPassed = false;
  /** Of the last probes, if the last one failed. */
  fault: Omit<EndpointFault, 'everPassed'> | undefined;
  timer: NodeJS.Timeout | undefined;
  isProbing = false;

  constructor(address: string) {
    this.address = address;
  }
}
