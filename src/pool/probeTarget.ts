import { type HealthRecord, unknownHealth } from './healthVerdict.ts';
import type { EndpointFault } from './pool.ts';
import type { ProbeRate } from './probeRate.ts';
import { ProbeTimer } from './probeTimer.ts';
import { UsualProbeTime } from './usualProbeTime.ts';

/** What the prober holds of one endpoint. */
export class ProbeTarget {
  readonly address: string;
  readonly usual = new UsualProbeTime();
  health: HealthRecord = unknownHealth;
  everPassed = false;
  /** Of the last probes, if the last one failed. */
  fault: Omit<EndpointFault, 'everPassed'> | undefined;
  isProbing = false;

  readonly timer: ProbeTimer;

  /** @param onDue called when its next probe is due */
  constructor(address: string, rate: ProbeRate, onDue: (target: ProbeTarget) => void) {
    this.address = address;
    this.timer = new ProbeTimer(
      () => rate.intervalMs(this.health),
      () => onDue(this),
    );
  }
}
